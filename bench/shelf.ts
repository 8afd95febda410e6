/**
 * bench/shelf: a folder of odd clips with one of each failure is restored to FFV1 with records, and the records are
 * compared. Prints the commands and their words, and ends with 1 if one of them ends otherwise than it should. The videos of
 * FOLDERs are added, the first 0.4 s of each.
 * Usage: node dist/bench/shelf.js [FOLDER …] [--write]   (--write: also into bench/shelf.md)
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { addFolder, FAILURES, makeShelf } from './shelf/clips';
import { workFolder } from './testVideo';

const MAIN = join(__dirname, '../src/cli/main.js');
const folders = process.argv.slice(2).filter((each) => each !== '--write');
const isWritten = process.argv.includes('--write');

const words: string[] = [];
const say = (line: string): void => {
  console.log(line);
  words.push(line);
};
const wrong: string[] = [];
const expect = (what: string, is: unknown, should: unknown): void => {
  if (is !== should) wrong.push(`${what}: ${String(is)} instead of ${String(should)}`);
};

async function main(): Promise<void> {
  const folder = workFolder();
  const at = (name: string): string => join(folder, name);
  /** Runs a command in the folder and prints it with its words. */
  const run = (name: string, args: readonly string[], code: number): string => {
    const isOurs = name === 'remaster';
    say(`\n$ ${[name, ...args.map((arg) => (/[ #'*]/.test(arg) ? `"${arg}"` : arg))].join(' ')}`);
    const command = isOurs ? [process.execPath, MAIN, ...args] : [name, ...args];
    const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
      ...{ cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 },
      env: { ...process.env, REMASTER_MODELS: at('models') },
    });
    const text = `${stderr}${stdout}`.trim().replaceAll(`${folder}/`, '');
    say(text);
    if (status !== 0) say(`(exit code ${status})`);
    expect(`${name} ${args[0]} ${args[1] ?? ''}`, status, code);
    return text;
  };
  try {
    let clips = await makeShelf(at('shelf'), at('done'));
    for (const each of folders) clips += addFolder(each, at(`shelf/${basename(each)}`));
    cpSync(join(__dirname, '../../models/x4-live'), at('models/tapes'), { recursive: true });
    change(at('models/tapes/model.json'), '"name": "x4-live"', '"name": "tapes"');
    const failures = Object.keys(FAILURES).length;
    say(`${clips} clips and ${failures} that fail. Models: tapes, a copy of x4-live.`);

    const batch = ['restore', 'shelf', '--out', 'done', '--codec', 'ffv1', '--record', '--model', 'tapes'];
    run('remaster', batch, 7);
    const report = reportOf(at('done/report.json'));
    for (const { input, state, code } of report) {
      const name = basename(input);
      expect(name, state === 'failed' ? code : state, FAILURES[name] ?? 'done');
    }
    expect('files', report.length, clips + failures);
    run('remaster', batch, 7);
    const skipped = reportOf(at('done/report.json')).filter(({ state }) => state === 'skipped').length;
    expect('done before', skipped, clips);

    const masters = readdirSync(at('done'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.mkv') && !/^\.|^taken|partial/.test(name))
      .toSorted();
    const passed = run('mediaconch', ['-fs', ...masters.map((name) => `done/${name}`)], 0);
    expect('MediaConch', passed.match(/^pass!/gm)?.length, masters.length);
    run('sh', ['-c', "mediaconch -ft done/plain.mkv | grep 'Tests run'"], 0);
    run('sh', ['-c', 'cd done && sha256sum -c plain.mkv.manifest-sha256.txt'], 0);

    verifySome(at, (args, code) => run('remaster', ['verify', ...args], code));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const each of wrong) say(`WRONG: ${each}`);
  if (wrong.length > 0) process.exitCode = 1;
  else say('\nAll as it should be.');
  const machine = `${cpus().length} × ${cpus()[0]!.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  say(
    `${machine}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, load ${loadavg()[2]!.toFixed(1)}`,
  );
  if (isWritten) writeFileSync('bench/shelf.md', transcript());
}

interface Row {
  readonly input: string;
  readonly state: string;
  /** Null: it has not failed. */
  readonly code: string | null;
}

const reportOf = (path: string): readonly Row[] =>
  (JSON.parse(readFileSync(path, 'utf8')) as { readonly files: readonly Row[] }).files;

/** An unchanged result, one with a flipped bit, of a changed source, and by another version of its model. */
function verifySome(at: (name: string) => string, verify: (args: readonly string[], code: number) => string): void {
  const source = ['--source', 'shelf/plain.mp4'];
  const ends = ['', '.remaster.json', '.manifest-sha256.txt'];
  verify(['done/plain.mkv', ...source], 0);

  for (const end of ends) copyFileSync(at(`done/plain.mkv${end}`), at(`flipped.mkv${end}`));
  const bytes = readFileSync(at('flipped.mkv'));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(at('flipped.mkv'), bytes);
  verify(['flipped.mkv', ...source], 8);

  copyFileSync(at('shelf/ntsc.mp4'), at('other.mp4'));
  verify(['done/plain.mkv', '--source', 'other.mp4'], 3);

  changeModel(at('models/tapes'));
  verify(['done/plain.mkv', ...source], 5);
}

/** Changes a weight of the model, with its checksum: a bundle that is in order, but another one. */
function changeModel(bundle: string): void {
  const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
  const [graph, manifest] = ['condition.onnx', 'model.json'].map((name) => join(bundle, name)) as [string, string];
  const before = readFileSync(graph);
  const after = Buffer.from(before);
  after[after.length >> 1]! ^= 1;
  writeFileSync(graph, after);
  change(manifest, hash(before), hash(after));
}

const change = (path: string, from: string, to: string): void =>
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));

const transcript = (): string =>
  [
    ...['# bench/shelf', '', '`node dist/bench/shelf.js --write` writes this transcript, see its head.', ''],
    ...['```', ...words, '```', ''],
  ].join('\n');

void main();
