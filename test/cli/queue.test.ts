import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../src/engine/client/engine';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { makeCertificate, postgresOverTls } from '../support/certificates';
import { cinema, interlaced, telecined } from '../support/interlaced';
import { type Kind, type QueueServer, queueServer, serverProgram } from '../support/queueServers';
import { writeIdentity, writeSingleColour } from '../support/tinyBundle';
import { ff, moving, scratchFolder } from '../support/videos';

const MAIN = join(__dirname, '../../src/cli/main.js');
const FRAMES = 38;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('the command line with a queue', function () {
  this.timeout(170_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const env = { ...process.env, REMASTER_MODELS: at('models') };
  const running = new Set<ChildProcess>();
  const plain = ['--model', 'same', '--batch', '1', '--threads', '1'];
  const options = [...plain, '--segment', '5', '--record'];
  let redis: QueueServer;
  let postgres: QueueServer;

  /** Starts remaster; `output` grows with what it prints. */
  function start(args: readonly string[], changes: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...env, ...changes },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const output = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (output.out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (output.err += chunk));
    const ended = once(child, 'close').then(([code]): Ended => {
      running.delete(child);
      return { code: code as number | null, ...output };
    });
    return { child, output, ended };
  }

  const run = (args: readonly string[], changes?: NodeJS.ProcessEnv): Promise<Ended> => start(args, changes).ended;

  async function worker(queue: string, name: string, more: readonly string[] = [], changes?: NodeJS.ProcessEnv) {
    const maps = ['--map', `${at('videos')}=${at('mounted')}`, '--map', at('elsewhere')];
    const args = ['worker', '--queue', queue, ...maps, '--name', name, '--threads', '1', ...more];
    const started = start(args, changes);
    while (!started.output.err.includes(`${name} makes segments for`)) {
      assert.ok(running.has(started.child), started.output.err);
      await sleep(50);
    }
    return started;
  }

  const restore = (name: string, queue: string, more: readonly string[] = [], changes?: NodeJS.ProcessEnv) =>
    run(
      ['restore', at('videos/in.mp4'), at(`videos/${name}`), ...options, '--queue', queue, '--json', ...more],
      changes,
    );

  interface Result {
    readonly workers: readonly { readonly name: string; readonly segments: number; readonly frames: number }[];
    readonly warnings: readonly string[];
    readonly resumedFrom: number;
  }
  const resultOf = ({ code, out, err }: Ended): Result => {
    assert.equal(code, 0, out + err);
    return (JSON.parse(out.trim().split('\n').at(-1)!) as { result: Result }).result;
  };
  const isSame = (name: string): boolean =>
    readFileSync(at(`videos/${name}`)).equals(readFileSync(at('videos/alone.mp4')));

  /** Of a file, or of all files of a folder. */
  const bytesOf = (path: string): Buffer =>
    Buffer.concat(
      (statSync(path).isFile()
        ? [path]
        : readdirSync(path)
            .toSorted()
            .map((name) => join(path, name))
      ).map((file) => readFileSync(file)),
    );

  interface Recorded {
    readonly restored: { readonly sha256: readonly string[]; readonly samples: readonly unknown[] };
    readonly makers: readonly { readonly frames: number }[];
    readonly job: { readonly queue: unknown };
  }
  const recordOf = (name: string): Recorded =>
    JSON.parse(readFileSync(at(`videos/${name}.remaster.json`), 'utf8')) as Recorded;

  before(async function () {
    for (const kind of ['redis', 'postgres'] as const) if (serverProgram(kind) === null) this.skip();
    mkdirSync(at('videos'));
    mkdirSync(at('elsewhere'));
    symlinkSync(at('videos'), at('mounted'));
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=1.5', '-c:a', 'aac'];
    await ff(...moving('64x48', '25', FRAMES), ...sound, '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('videos/in.mp4'));
    await writeIdentity(at('models/same'));
    makeCertificate(folder, 'server');
    const servers = (['redis', 'postgres'] as const satisfies readonly Kind[]).map(async (kind) => {
      const server = await queueServer(kind, kind === 'postgres' ? postgresOverTls(folder, 'server') : []);
      await server.start();
      return server;
    });
    [redis, postgres] = (await Promise.all(servers)) as [QueueServer, QueueServer];
    assert.equal((await run(['restore', at('videos/in.mp4'), at('videos/alone.mp4'), ...options])).code, 0);
  });
  after(async () => {
    for (const child of running) child.kill('SIGTERM');
    while (running.size > 0) await sleep(50);
    await redis?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
  });

  it('one, two and four workers make the bytes of one machine, in mapped folders', async () => {
    await worker(redis.address, 'one');
    const one = resultOf(await restore('by one.mp4', redis.address));
    assert.ok(isSame('by one.mp4'));
    assert.deepEqual(one.workers, [{ name: 'one', segments: 8, frames: FRAMES }]);
    const two = await worker(redis.address, 'two');
    // The second worker loads the model while the first, which has it, may make all of a short video.
    for (let tries = 5, workers = 1; workers < 2; tries--) {
      assert.ok(tries > 0, 'the second worker makes segments, too');
      workers = resultOf(await restore('by two.mp4', redis.address, ['--overwrite'])).workers.length;
      assert.ok(isSame('by two.mp4'));
    }
    const record = recordOf('by two.mp4');
    assert.deepEqual(record.restored, recordOf('alone.mp4').restored);
    const frames = record.makers.reduce((sum, maker) => sum + maker.frames, 0);
    assert.deepEqual([frames, record.job.queue], [FRAMES, null]);
    await Promise.all([worker(redis.address, 'three'), worker(redis.address, 'four')]);
    const { workers } = resultOf(await restore('by four.mp4', redis.address, ['--mixed']));
    assert.equal(
      workers.reduce((sum, { segments }) => sum + segments, 0),
      8,
    );
    assert.ok(isSame('by four.mp4'));
    assert.deepEqual(
      readdirSync(at('videos')).filter((name) => name.startsWith('.')),
      [],
    );
    two.child.kill('SIGTERM');
    assert.equal((await two.ended).code, 0);
  });

  it('shows the workers and jobs of a queue; a job that is cancelled keeps its segments, and goes on without the queue', async () => {
    const short = [...plain, '--segment', '2'];
    const job = start(['restore', at('videos/in.mp4'), at('videos/later.mp4'), ...short, '--queue', redis.address]);
    const workers = [...running].filter((child) => child.spawnargs.includes('worker'));
    while (!existsSync(at('videos/.later.mp4.remaster/000000.json'))) {
      assert.ok(running.has(job.child), job.output.err);
      await sleep(5);
    }
    for (const child of workers) child.kill('SIGSTOP'); // so that it is not finished meanwhile
    const { code, out } = await run(['queue', 'cancel', at('videos/later.mp4'), '--queue', redis.address]);
    for (const child of workers) child.kill('SIGCONT');
    assert.deepEqual(
      [code, out.trim()],
      [0, `${at('videos/later.mp4')} is cancelled; its finished segments were kept.`],
    );
    const cancelled = await job.ended;
    assert.equal(cancelled.code, 11);
    assert.match(cancelled.err, /QUEUE_CANCELLED: The job was cancelled in the queue\./);
    const { resumedFrom } = resultOf(
      await run(['restore', at('videos/in.mp4'), at('videos/later.mp4'), ...short, '--json']),
    );
    assert.ok(resumedFrom >= 2, `${resumedFrom} frames taken over`);
    resultOf(await run(['restore', at('videos/in.mp4'), at('videos/again.mp4'), ...short, '--json']));
    assert.ok(readFileSync(at('videos/later.mp4')).equals(readFileSync(at('videos/again.mp4'))));
    const text = (await run(['queue', 'status'], { REMASTER_QUEUE: redis.address })).out;
    assert.match(text, /^worker one {2}class [0-9a-f]{12}, [\d.]+ fps: .*onnxruntime .*ffmpeg /m);
    assert.doesNotMatch(text, /^job/m);
  });

  it('takes many files in one run', async () => {
    mkdirSync(at('videos/tapes'));
    for (const name of ['a', 'b']) cpSync(at('videos/in.mp4'), at(`videos/tapes/${name}.mp4`));
    const many = ['restore', at('videos/tapes'), '--out', at('videos/done'), ...options, '--queue', redis.address];
    const { code, out, err } = await run([...many, '--json']);
    assert.equal(code, 0, out + err);
    for (const name of ['a', 'b']) assert.ok(isSame(`done/${name}.mp4`), name);
  });

  it('fields, telecine, cropped video and images as output are those of one machine', async () => {
    await interlaced(at('videos/fields.mkv'), 8);
    await cinema(at('24p.mkv'), 16);
    await ff('-i', at('24p.mkv'), '-vf', 'pad=96:96:0:16', '-c:v', 'ffv1', at('bars.mkv'));
    await telecined(at('bars.mkv'), at('videos/telecine.mkv'));
    const same = { ...JOB_DEFAULTS, model: 'same', segment: 3, batch: 1, threads: 1 };
    const jobs = [
      { ...same, input: at('videos/fields.mkv'), codec: 'png', deinterlace: 'double', crop: '80:56:8:4' },
      { ...same, input: at('videos/telecine.mkv'), codec: 'h264', deinterlace: 'telecine', crop: 'auto' },
    ] as const;
    process.env['REMASTER_MODELS'] = at('models');
    const engine = createEngine();
    try {
      for (const job of jobs) {
        const name = job.codec === 'png' ? 'images' : 'film.mp4';
        const alone = await engine.run({ ...job, output: at(`videos/alone ${name}`) }).result;
        const shared = { ...job, output: at(`videos/shared ${name}`), queue: redis.address };
        const { workers, framesOut, width, height } = await engine.run(shared).result;
        assert.deepEqual([framesOut, width, height], job.codec === 'png' ? [16, 80, 56] : [16, 96, 64]);
        assert.equal(
          workers?.reduce((sum, { segments }) => sum + segments, 0),
          6,
        );
        assert.ok(bytesOf(shared.output).equals(bytesOf(alone.output)), name);
      }
    } finally {
      delete process.env['REMASTER_MODELS'];
      await engine.close();
    }
  });

  it('a worker upscales an image as this machine does', async () => {
    await ff(...moving('48x32', '25', 1), '-frames:v', '1', at('in.png'));
    const image = (name: string, more: readonly string[]): Promise<Ended> =>
      run(['image', at('in.png'), at(name), '--model', 'same', ...more]);
    assert.equal((await image('local.png', [])).code, 0);
    const { code, err } = await image('far.png', ['--queue', redis.address]);
    assert.equal(code, 0, err);
    assert.ok(readFileSync(at('far.png')).equals(readFileSync(at('local.png'))));
  });

  it('PostgreSQL is prepared once; then its workers make the same bytes, all of it over TLS', async () => {
    const queue = `${postgres.address}?sslmode=verify-full`;
    const ca = { REMASTER_QUEUE_CA: at('server.pem') };
    const early = await restore('by postgres.mp4', queue, [], ca);
    assert.equal(early.code, 11);
    assert.match(early.out, /QUEUE_SETUP.*remaster queue init/);
    const { code, out } = await run(['queue', 'init', '--queue', queue], ca);
    assert.deepEqual([code, out.trim().endsWith('is ready.')], [0, true]);
    await worker(queue, 'five', [], ca);
    resultOf(await restore('by postgres.mp4', queue, [], ca));
    assert.ok(isSame('by postgres.mp4'));
    assert.equal(existsSync(at('videos/.by postgres.mp4.remaster')), false);
  });

  it('a worker with another model, or without the folder, is named, and takes nothing', async () => {
    await using other = await queueServer('redis');
    await other.start();
    cpSync(at('models'), at('models2'), { recursive: true });
    rmSync(at('models2/same'), { recursive: true });
    await writeSingleColour(at('models2/same'), 1);
    const wrong = await worker(other.address, 'wrong', [], { REMASTER_MODELS: at('models2') });
    const job = start(['restore', at('videos/in.mp4'), at('videos/waits.mp4'), ...options, '--queue', other.address]);
    while (!job.output.err.includes('No worker can make it now')) {
      assert.ok(running.has(job.child), job.output.err);
      await sleep(50);
    }
    assert.match(job.output.err, /\(wrong: its model same has other files\); it waits for one\./);
    await worker(other.address, 'right');
    assert.equal((await job.ended).code, 0);
    assert.ok(isSame('waits.mp4'));
    assert.doesNotMatch(wrong.output.err, /makes segments of/);
    for (const child of running) if (child.spawnargs.includes(other.address)) child.kill('SIGTERM');
    await wrong.ended;
  });

  it('refuses a worker without folders, a password in an address, and a job that nothing can take', async () => {
    assert.match((await run(['worker', '--queue', redis.address])).err, /BAD_SETTING: A worker needs --map/);
    const secret = redis.address.replace('//', '//user:secret@');
    const refused = await run(['worker', '--queue', secret, '--map', at('videos')]);
    assert.match(refused.err, /BAD_SETTING: The address of the queue contains a password/);
    assert.doesNotMatch(refused.err, /secret/);
    assert.match((await run(['queue', 'status'])).err, /BAD_SETTING: No queue is named\./);
    assert.match((await run(['queue', 'cancel', '--queue', redis.address])).err, /There is no job in the queue\./);
  });
});
