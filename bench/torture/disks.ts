import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeIdentity } from '../../test/support/tinyBundle';
import { ff, moving } from '../../test/support/videos';
import { type CliEnd, runCli } from './cli';
import { type Dice, diceOf } from './dice';
import { leftovers, ownFolders } from './leftovers';
import { type Fault, faultsOf, hasStack, numbers, type Part } from './outcome';

const LIMIT = 90_000; // milliseconds
/** `nobody`: the reserve of a file system is not for this user, nor are the rights of root. */
const NOBODY = 65_534;

/** Who writes, and which limit is reached: the bytes or the number of files of the output's disk, or the disk for temporary files. */
const KINDS = [
  { kind: 'output, root', user: null, full: 'bytes' },
  { kind: 'output, normal user', user: NOBODY, full: 'bytes' },
  { kind: 'no more files, normal user', user: NOBODY, full: 'files' },
  { kind: 'temporary and cache, root', user: null, full: 'temporary' },
] as const;

/** Restores onto small disks of random sizes, then again once there is room. Needs root, to mount them. */
export const disks: Part = async function* (plan) {
  const { folder, seed } = plan;
  const { temporary } = ownFolders(folder);
  const [disk, results] = [join(folder, 'disk'), join(folder, 'results')];
  for (const each of [disk, results]) mkdirSync(each);
  for (const each of [folder, temporary, join(folder, 'cache')]) chmodSync(each, 0o777);
  const input = join(folder, 'in.mp4');
  await ff(...moving('96x64', '25', 120), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', input);
  const model = await writeIdentity(join(folder, 'identity'));
  const restore = (output: string, user: number | null, env: Record<string, string> = {}): Promise<CliEnd> => {
    const options = ['--model', model, '--codec', 'ffv1', '--segment', '20', '--batch', '2', '--tile-cache', 'off'];
    return runCli(['restore', input, output, ...options], { limitMs: LIMIT, user, env });
  };
  const hash = async (path: string): Promise<string> => (await ff('-i', path, '-f', 'framemd5', '-')).toString();
  await restore(join(folder, 'reference.mkv'), null);
  const reference = await hash(join(folder, 'reference.mkv'));
  const needed = statSync(join(folder, 'reference.mkv')).size;

  for (const number of numbers(plan)) {
    const dice = diceOf(seed, number);
    const { kind, user, full } = KINDS[number % KINDS.length]!;
    const size = sizeOf(full, needed, dice);
    const isOutput = full !== 'temporary';
    const output = join(isOutput ? disk : results, 'out.mkv');
    execFileSync('mount', ['-t', 'tmpfs', '-o', `${size},mode=777,uid=${user ?? 0}`, 'tmpfs', disk]);
    try {
      const env: Record<string, string> = isOutput ? {} : { TMPDIR: disk, XDG_CACHE_HOME: disk };
      const first = await restore(output, user, env);
      const faults = new Set<Fault>(faultsIn(first, output));
      if (first.code !== 0) {
        execFileSync('mount', ['-o', 'remount,size=64m,nr_inodes=1000', disk]);
        const second = await restore(output, user, env);
        if (second.code !== 0) faults.add('wrong code');
      }
      if (!existsSync(output) || (await hash(output)) !== reference) faults.add('wrong frames');
      const where = { results: isOutput ? disk : results, temporary: isOutput ? temporary : disk };
      if (!isOutput) rmSync(join(disk, 'remaster'), { recursive: true, force: true }); // the cache
      const left = await leftovers({ ...where, may: /^out\.mkv$/, hasEngine: false });
      if (left.length > 0) faults.add('leftover');
      const ending =
        first.code === null ? 'hangs' : (first.error?.code ?? (first.code === 0 ? 'whole' : `exit ${first.code}`));
      const said = first.error?.message ?? first.stderr.trim();
      yield {
        ...{ kind, ending, faults: [...faults], keep: [] },
        words: [`${kind}, ${size}: ${ending}; ${said}`, ...left].join('; '),
      };
    } finally {
      execFileSync('umount', [disk]);
    }
    for (const name of readdirSync(results)) rmSync(join(results, name), { recursive: true });
  }
};

/** The option of a file system that is full at a random point of the job. */
function sizeOf(full: (typeof KINDS)[number]['full'], needed: number, dice: Dice): string {
  if (full === 'files') return `size=64m,nr_inodes=${dice.whole(2, 12)}`;
  if (full === 'temporary') return `size=${dice.pick([4096, 8192, 16_384])}`;
  return `size=${Math.ceil((dice.next() * 2.2 * needed) / 4096) * 4096 + 4096}`;
}

function faultsIn({ code, error, stderr }: CliEnd, output: string): readonly Fault[] {
  const isShort = code !== 0 && existsSync(output);
  return [
    ...(code === null ? (['hang'] as const) : []),
    ...(error ? faultsOf(error, /^(DISK_FULL|OUTPUT_UNWRITABLE)$/) : []),
    ...(code !== 0 && code !== null && !error ? (['wrong code'] as const) : []),
    ...(hasStack(stderr) ? (['stack trace'] as const) : []),
    ...(isShort ? (['wrong frames'] as const) : []),
  ];
}
