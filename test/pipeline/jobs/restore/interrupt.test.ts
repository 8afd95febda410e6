import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoppedError } from '../../../../src/errors';
import type { Model } from '../../../../src/model/model';
import { restoreVideo, type Tools } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { resolveColour } from '../../../../src/pipeline/media/colour';
import { openVideo } from '../../../../src/pipeline/media/decode';
import { probe } from '../../../../src/pipeline/media/probe';
import { type Job, JOB_DEFAULTS, type Progress } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { processes } from '../../../support/processes';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('restoreVideo when interrupted', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const FRAMES = JOB_DEFAULTS.segment * 2 + 40;

  const job = (changes: Partial<Job> = {}): Job => ({
    ...JOB_DEFAULTS,
    model: 'x4',
    input: at('long.mkv'),
    output: at('out.mkv'),
    codec: 'ffv1',
    ...changes,
  });
  const tools = async (): Promise<Tools> => ({ binary: await binary(), openModel: async () => nearest(1) });

  /** Runs until `frame` is finished, then aborts. */
  async function interrupted(wanted: Job, frame: number, keep: boolean): Promise<void> {
    const stop = new AbortController();
    const watch = (progress: Progress): void => void (progress.frame >= frame && stop.abort(new StoppedError(keep)));
    await assert.rejects(restoreVideo(wanted, await tools(), stop.signal, watch), { name: 'AbortError' });
    assert.deepEqual(processes(new RegExp(`ffmpeg.*${folder}`)), []);
  }

  before(async () => {
    await ff(...moving('64x36', '25', FRAMES), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('long.mkv'));
  });

  for (const resume of [false, true]) {
    it(`stopping ${resume ? 'a job that could resume' : 'a job'} leaves no process and no file`, async () => {
      for (const frame of [0, 1, JOB_DEFAULTS.segment + 5]) {
        await interrupted(job({ resume }), frame, false);
        assert.deepEqual(readdirSync(folder), ['long.mkv']);
      }
    });
  }

  it('a suspended job resumes, and the result is byte-identical', async () => {
    await restoreVideo(
      job({ output: at('whole.mkv'), resume: true }),
      await tools(),
      new AbortController().signal,
      () => {},
    );
    await interrupted(job({ resume: true }), JOB_DEFAULTS.segment + 50, true);
    assert.ok(existsSync(at('.out.mkv.remaster/journal.json')));
    assert.ok(!existsSync(at('out.mkv')));
    const result = await restoreVideo(job({ resume: true }), await tools(), new AbortController().signal, () => {});
    assert.deepEqual([result.resumedFrom, result.framesOut], [JOB_DEFAULTS.segment, FRAMES]);
    const hash = async (name: string) => (await ff('-i', at(name), '-f', 'framemd5', '-')).toString();
    assert.equal(await hash('out.mkv'), await hash('whole.mkv'));
    assert.deepEqual(readdirSync(folder).toSorted(), ['long.mkv', 'out.mkv', 'whole.mkv']);
  });

  it('a job resumed within a shot computes the prompt from the first frame of the shot again', async () => {
    const shown: number[] = [];
    const plain = nearest(1);
    const model: Model = {
      ...plain,
      async prompt({ data }) {
        const sum = data.reduce((total, sample) => total + sample, 0);
        shown.push(sum);
        return { prompt: { dims: [1], data: Float32Array.of(sum % 251) } };
      },
      // The prompt is added to every sample, so another prompt gives another frame.
      async run(batch, signal) {
        const shift = batch.keys.map(({ prompt }) => prompt!['prompt']!.data[0]!);
        const size = batch.data.length / shift.length;
        return (await plain.run(batch, signal)).map((sample, i) => sample + shift[Math.floor(i / size)]!);
      },
    };
    const looking = async (): Promise<Tools> => ({ ...(await tools()), openModel: async () => model });
    const run = async (output: string, frame = Infinity): Promise<void> => {
      const stop = new AbortController();
      const watch = (progress: Progress): void => void (progress.frame >= frame && stop.abort(new StoppedError(true)));
      const wanted = job({ resume: true, batch: 4, output: at(output) });
      const running = restoreVideo(wanted, await looking(), stop.signal, watch);
      if (frame === Infinity) await running;
      else await assert.rejects(running, { name: 'AbortError' });
    };
    await run('looked.mkv');
    await run('resumed.mkv', JOB_DEFAULTS.segment + 50);
    await run('resumed.mkv');
    const hash = async (name: string) => (await ff('-i', at(name), '-f', 'framemd5', '-')).toString();
    assert.equal(await hash('resumed.mkv'), await hash('looked.mkv'));
    assert.deepEqual(shown, [shown[0], shown[0], shown[0]]);
  });

  it('two jobs never write the same output', async () => {
    const first = restoreVideo(job({ output: at('one.mkv') }), await tools(), new AbortController().signal, () => {});
    await assert.rejects(
      (async () => {
        while (!existsSync(at('.one.mkv.remaster/lock'))) await new Promise((resolve) => setTimeout(resolve, 5));
        await restoreVideo(job({ output: at('one.mkv') }), await tools(), new AbortController().signal, () => {});
      })(),
      { code: 'OUTPUT_BUSY' },
    );
    assert.equal((await first).framesOut, FRAMES);
  });

  it('takes over the lock of a dead process', async () => {
    mkdirSync(at('.dead.mkv.remaster'));
    writeFileSync(at('.dead.mkv.remaster/lock'), '4194303');
    writeFileSync(at('.dead.mkv.remaster/000000.mkv'), 'half a segment');
    await restoreVideo(job({ output: at('dead.mkv') }), await tools(), new AbortController().signal, () => {});
    assert.ok(!existsSync(at('.dead.mkv.remaster')));
  });

  it('reports a full disk and leaves no files', async function () {
    const mount = at('small');
    mkdirSync(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      return this.skip(); // mounting needs root
    }
    try {
      const wanted = job({ output: join(mount, 'out.mkv') });
      await assert.rejects(
        restoreVideo(wanted, await tools(), new AbortController().signal, () => {}),
        { code: 'DISK_FULL' },
      );
      assert.deepEqual(readdirSync(mount), []);
    } finally {
      execFileSync('umount', [mount]);
    }
  });

  for (const [step, pattern] of [
    ['muxed', '* -f nut -i pipe:0 *whole.mkv*'],
    ['verified', '*whole.mkv *framecrc*'],
  ] as const) {
    it(`a job that is stopped while its output is ${step} ends at once and keeps its segments`, async () => {
      const real = await binary();
      const program = at('stuck ffmpeg');
      const script = `#!/bin/bash\n[[ " $* " == ${pattern.replaceAll(' ', '\\ ')} ]] && exec sleep 60\nexec '${real.path}' "$@"\n`;
      writeFileSync(program, script, { mode: 0o755 });
      const stop = new AbortController();
      const watch = ({ stage }: Progress): void =>
        void (stage === 'finishing' && setTimeout(() => stop.abort(new StoppedError(true)), 1500));
      const stuck = { ...(await tools()), binary: { ...real, path: program } };
      await assert.rejects(restoreVideo(job({ output: at(`${step}.mkv`) }), stuck, stop.signal, watch), {
        name: 'AbortError',
      });
      const finished = restoreVideo(
        job({ output: at(`${step}.mkv`) }),
        await tools(),
        new AbortController().signal,
        () => {},
      );
      assert.equal((await finished).resumedFrom, FRAMES);
    });
  }

  it('a killed decoder causes an error, not a shorter video', async () => {
    const wanted = job({ output: at('cut.mkv'), batch: 1 });
    const killer = (progress: Progress): void => {
      if (progress.frame !== 20) return;
      for (const line of processes(/ffmpeg.*long\.mkv.*framecrc/)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    };
    const slow = { ...(await tools()), openModel: async () => nearest(1, { pauseMs: 2 }) };
    await assert.rejects(restoreVideo(wanted, slow, new AbortController().signal, killer), {
      code: 'SOURCE_UNREADABLE',
    });
    assert.ok(!existsSync(at('cut.mkv')) && !existsSync(at('.cut.mkv.remaster')));
  });

  it('a decoder killed between a frame and its time causes an error', async () => {
    const real = await binary();
    const path = at('killed-in-between');
    writeFileSync(path, '#!/bin/sh\nhead -c 6912 /dev/zero\nkill -9 $$\n', { mode: 0o755 }); // 64 × 36 × 3
    const never = new AbortController().signal;
    const info = await probe(real, at('long.mkv'), never);
    const source = openVideo(
      { ...real, path },
      info,
      { ...JOB_DEFAULTS, colour: resolveColour(info.colour, info), depth: 8, from: 0 },
      never,
    );
    await assert.rejects(source.read().next(), { code: 'SOURCE_UNREADABLE' });
  });

  it('a killed encoder causes an error and leaves nothing behind', async () => {
    const wanted = job({ output: at('killed.mkv') });
    const killer = (progress: Progress): void => {
      if (progress.frame < 20) return; // a batch may end after the 20th frame
      for (const line of processes(/ffmpeg.*killed\.mkv\.remaster/))
        process.kill(Number(line.trim().split(/\s+/)[0]), 'SIGKILL');
    };
    await assert.rejects(restoreVideo(wanted, await tools(), new AbortController().signal, killer), {
      code: 'ENCODE_FAILED',
    });
    assert.ok(!existsSync(at('.killed.mkv.remaster')) && !existsSync(at('killed.mkv')));
    assert.ok(readFileSync(at('long.mkv')).length > 0);
  });
});
