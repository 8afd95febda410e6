import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobRecord } from '../../src/pipeline/jobs/restore/record/record';
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

  it('has a code and an exit code for what differs', () => {
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
    assert.deepEqual(codeOf('flipped.mkv', '--frames', '0').slice(0, 2), [8, 'FILE_CHANGED']);

    assert.deepEqual(codeOf('out.mkv', '--source', 'none.mkv'), [3, 'SOURCE_NOT_FOUND']);
    assert.deepEqual(codeOf('out.mkv', '--model', 'none'), [5, 'MODEL_NOT_FOUND']);

    copy('record.mkv');
    const text = readFileSync(at('record.mkv.remaster.json'), 'utf8');
    writeFileSync(at('record.mkv.remaster.json'), text.slice(1));
    assert.deepEqual(codeOf('record.mkv'), [9, 'RECORD_INVALID']);
    rmSync(at('record.mkv.manifest-sha256.txt'));
    writeFileSync(at('record.mkv.remaster.json'), madeByAnother(text));
    assert.deepEqual(codeOf('record.mkv', '--frames', '1'), [10, 'VERSION_CHANGED']);
  });

  /** A record of another version, whose model made other frames. */
  function madeByAnother(text: string): string {
    const old = JSON.parse(text) as JobRecord;
    const { restored } = old;
    const sha256 = restored.sha256.map(() => 'a'.repeat(64));
    const samples = restored.samples.map(([frame, pixels]) => [frame, pixels.replaceAll(/\w/g, 'A')]);
    const makers = old.makers.map((maker) => ({ ...maker, remaster: '0.0.1' }));
    return JSON.stringify({ ...old, makers, restored: { ...restored, sha256, samples } });
  }

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
