import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workFolder } from '../../src/pipeline/jobs/workFolder';
import { descendants, stillThere } from '../support/processes';
import { root } from '../support/root';
import { writeIdentity } from '../support/tinyBundle';
import { ff, moving, scratchFolder } from '../support/videos';

describe('remaster verify', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const program = join(root, 'dist/src/cli/main.js');
  const environment = { ...process.env, REMASTER_MODELS: at('models') };
  const remaster = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', cwd: folder, env: environment });
  const record = (output: string, ...more: string[]) =>
    remaster('restore', 'in.mkv', output, '--model', 'identity', '--record', '--codec', 'ffv1', ...more);

  /** Starts a command in a process group of its own, as a shell does. */
  const start = (...args: string[]) =>
    spawn(process.execPath, [program, ...args], {
      ...{ cwd: folder, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] as const },
    });

  before(async () => {
    await writeIdentity(at('models/identity'));
    await ff(...moving('64x48', '25', 200), '-c:v', 'ffv1', at('in.mkv'));
    const { status, stderr } = record('out.mkv', '--segment', '20');
    assert.equal(status, 0, stderr);
  });

  /** A copy of the result with what belongs to it. */
  function copy(name: string): void {
    for (const end of ['', '.remaster.json', '.manifest-sha256.txt']) copyFileSync(at(`out.mkv${end}`), at(name + end));
  }

  it('announces its cost, then names what matches the record', () => {
    const { status, stdout, stderr } = remaster('verify', 'out.mkv', '--frames', '2');
    assert.equal(status, 0, stdout + stderr);
    assert.match(stderr, /^verify: reads \d+\.\d MB, decodes 200 frames, restores 2 again; about \d+s$/m);
    assert.match(stdout, /^same .*frames 0, 199 restored again: equal bytes$/m);
    assert.match(stdout, /The result is as recorded\.\n$/);
    assert.equal(spawnSync('sha256sum', ['-c', 'out.mkv.manifest-sha256.txt'], { cwd: folder }).status, 0);
  });

  it('has an exit code and a code for each thing that differs', async () => {
    const codeOf = (...args: string[]) => {
      const { status, stdout } = remaster('verify', ...args, '--json');
      const report = JSON.parse(stdout) as { findings?: { verdict: string; code: string }[]; error?: { code: string } };
      const codes = report.findings?.filter(({ verdict }) => verdict === 'differs').map(({ code }) => code);
      return [status, ...(codes ?? [report.error!.code])];
    };
    copy('flipped.mkv');
    const bytes = readFileSync(at('flipped.mkv'));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(at('flipped.mkv'), bytes);
    assert.deepEqual(codeOf('flipped.mkv', '--frames', '0'), [8, 'FILE_CHANGED', 'FRAMES_CHANGED']);

    await ff(...moving('64x48', '25', 201), '-c:v', 'ffv1', at('other.mkv'));
    assert.deepEqual(codeOf('out.mkv', '--source', 'other.mkv'), [3, 'SOURCE_CHANGED']);
    assert.deepEqual(codeOf('out.mkv', '--source', 'none.mkv'), [3, 'SOURCE_NOT_FOUND']);

    cpSync(at('models/identity'), at('models/second'), { recursive: true });
    const manifest = join(at('models/second'), 'model.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('A test.', 'A later test.'));
    assert.deepEqual(codeOf('out.mkv', '--model', 'second'), [5, 'MODEL_CHANGED']);
    assert.deepEqual(codeOf('out.mkv', '--model', 'third'), [5, 'MODEL_NOT_FOUND']);

    copy('record.mkv');
    const text = readFileSync(at('record.mkv.remaster.json'), 'utf8');
    writeFileSync(at('record.mkv.remaster.json'), text.replace('"seed": 1', '"seed": 2'));
    assert.deepEqual(codeOf('record.mkv', '--frames', '0'), [9, 'RECORD_CHANGED']);
    writeFileSync(at('record.mkv.remaster.json'), text.slice(1));
    assert.deepEqual(codeOf('record.mkv'), [9, 'RECORD_INVALID']);
    assert.deepEqual(codeOf('in.mkv'), [9, 'RECORD_NOT_FOUND']);
    assert.deepEqual(codeOf('none.mkv'), [3, 'SOURCE_NOT_FOUND']);

    // By another version, which made other frames: of a model that has changed nothing, the pixels of the record.
    const old = JSON.parse(text) as {
      makers: { remaster: string }[];
      restored: { sha256: string[]; samples: string[][] };
    };
    old.makers[0]!.remaster = '0.0.1';
    old.restored.sha256 = old.restored.sha256.map(() => 'a'.repeat(64));
    old.restored.samples = old.restored.samples.map(([frame, pixels]) => [frame!, pixels!.replaceAll(/\w/g, 'A')]);
    writeFileSync(at('record.mkv.remaster.json'), JSON.stringify(old));
    writeFileSync(at('record.mkv.manifest-sha256.txt'), '');
    assert.deepEqual(codeOf('record.mkv'), [9, 'RECORD_CHANGED', 'VERSION_CHANGED']);
  });

  it('Ctrl-C ends it at once, and leaves nothing behind', async () => {
    const before = readdirSync(folder).toSorted();
    const child = start('verify', 'out.mkv', '--frames', '200');
    await once(child.stderr, 'data'); // the cost
    await sleep(300);
    const others = descendants(child.pid!).map(({ pid }) => pid);
    process.kill(child.pid!, 'SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 130);
    assert.deepEqual(await stillThere(others, 5000), []);
    assert.deepEqual(readdirSync(folder).toSorted(), before);
  });

  it('has the whole record of a job that was killed and continued', async () => {
    const options = ['--model', 'identity', '--record', '--codec', 'ffv1', '--segment', '20', '--batch', '1'];
    const child = start('restore', 'in.mkv', 'killed.mkv', ...options);
    const hashes = join(workFolder(at('killed.mkv')), '000001.nut.sha256');
    while (!existsSync(hashes) && child.exitCode === null) await sleep(5);
    const all = descendants(child.pid!).map(({ pid }) => pid);
    process.kill(-child.pid!, 'SIGKILL');
    for (const pid of all) spawnSync('kill', ['-9', String(pid)]);
    await once(child, 'close');
    assert.ok(!existsSync(at('killed.mkv.remaster.json')));
    const { status, stderr } = remaster('restore', 'in.mkv', 'killed.mkv', ...options);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /[1-9]\d+ of them from the previous run/);
    const report = remaster('verify', 'killed.mkv', '--frames', '3');
    assert.equal(report.status, 0, report.stdout);
    const parts = ['out.mkv', 'killed.mkv'].map((name) => {
      const { restored, decoded } = JSON.parse(readFileSync(at(`${name}.remaster.json`), 'utf8')) as Record<
        string,
        object
      >;
      return { restored, decoded };
    });
    assert.deepEqual(parts[0], parts[1]);
  });

  it('--bag gives a folder whose manifests sha256sum accepts', () => {
    const { status, stderr } = record('tape.mkv', '--bag');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /tape\.mkv\.bag\/data\/tape\.mkv: 200 frames/);
    assert.ok(!existsSync(at('tape.mkv')) && !existsSync(at('tape.mkv.remaster.json')));
    assert.equal(remaster('verify', 'tape.mkv.bag', '--frames', '1').status, 0);
    // By the tools of the system: the lines are those of sha256sum.
    for (const manifest of ['manifest-sha256.txt', 'tagmanifest-sha256.txt'])
      assert.equal(spawnSync('sha256sum', ['-c', manifest], { cwd: at('tape.mkv.bag') }).status, 0);
  });
});
