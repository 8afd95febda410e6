import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type RemasterError, StoppedError } from '../../../../src/errors';
import { restoreVideo, type Tools } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { framemd5 } from '../../../support/framemd5';
import { never } from '../../../support/segments';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

const FRAMES = 200;

describe('restoreVideo with a source that changes', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  before(async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=8', '-c:a', 'aac'];
    await ff(...moving('160x120', '25', FRAMES), ...sound, '-c:v', 'libx264', '-g', '25', at('film.mkv'));
    await ff(...moving('160x120', '25', 30), '-c:v', 'libx264', at('other.mkv'));
  });

  const CHANGES: Readonly<Record<string, (path: string) => void>> = {
    removed: (path) => rmSync(path),
    replaced: (path) => {
      copyFileSync(at('other.mkv'), at('copy.mkv'));
      renameSync(at('copy.mkv'), path);
    },
    truncated: (path) => truncateSync(path, 30_000),
  };
  for (const [what, change] of Object.entries(CHANGES))
    for (const when of ['restoring', 'finishing'] as const)
      it(`${what} while it is ${when}: what was made stays under another name`, async () => {
        copyFileSync(at('film.mkv'), at('source.mkv'));
        const output = at(`${what} ${when}.mkv`);
        const job = {
          ...JOB_DEFAULTS,
          model: 'x4',
          input: at('source.mkv'),
          output,
          codec: 'ffv1' as const,
          pixelFormat: 'gbrp' as const,
        };
        const tools = { binary: await binary(), openModel: async () => nearest(1) };
        let isChanged = false;
        const onProgress = ({ stage, frame }: Progress): void => {
          if (isChanged || stage !== when || (when === 'restoring' && frame < 20)) return;
          isChanged = true;
          change(at('source.mkv'));
        };
        await assert.rejects(
          restoreVideo({ ...job, batch: 1, segment: 40 }, tools, new AbortController().signal, onProgress),
          (error: RemasterError) => {
            assert.equal(error.code, 'SOURCE_CHANGED', error.message);
            assert.match(error.message, /saved to .*\.partial\.mkv\.$/);
            return true;
          },
        );
        assert.ok(!existsSync(output));
        const made = [...(await framemd5(at(`${what} ${when}.partial.mkv`)))];
        const source = await framemd5(at('film.mkv'));
        if (when === 'restoring' && what === 'truncated') made.pop(); // torn
        assert.ok(made.length >= 20, `${made.length} frames`);
        if (when === 'finishing') assert.equal(made.length, FRAMES);
        assert.deepEqual(
          made.map(({ md5 }) => md5),
          source.slice(0, made.length).map(({ md5 }) => md5),
        );
        assert.deepEqual(
          readdirSync(folder).filter((name) => name.endsWith('.remaster')),
          [],
        );
      });

  interface Hooks {
    readonly onModel?: () => void;
    /** Called when the work folder is there, before anything is written. */
    readonly onFolder?: () => void;
    readonly onProgress?: (progress: Progress) => void;
    readonly signal?: AbortSignal;
  }

  /** Restores `source.mkv` in segments of 40 frames. */
  async function restored(
    output: string,
    resume: boolean,
    { onModel = () => {}, onFolder = () => {}, onProgress = () => {}, signal = never }: Hooks,
  ): Promise<Result> {
    const settings = {
      input: at('source.mkv'),
      output: at(output),
      codec: 'ffv1',
      pixelFormat: 'gbrp',
      resume,
    } as const;
    const tools = {
      binary: await binary(),
      openModel: async () => (onModel(), nearest(1)),
      onTemporaryPath: (_: string, gone: boolean) => {
        if (!gone) onFolder();
      },
    };
    return restoreVideo(
      { ...JOB_DEFAULTS, model: 'x4', ...settings, batch: 1, segment: 40 },
      tools,
      signal,
      onProgress,
    );
  }

  const others = (): string[] => readdirSync(folder).filter((name) => /\.remaster$|partial/.test(name));

  for (const [what, change] of [
    ['removed', (path: string) => rmSync(path)],
    ['replaced by a text', (path: string) => writeFileSync(path, 'no video '.repeat(5000))],
    ['truncated to its header', (path: string) => truncateSync(path, 300)],
  ] as const)
    for (const when of [
      'while the model is loaded',
      'before the trial of the output',
      'before the first frame',
    ] as const)
      it(`${what} ${when}: SOURCE_CHANGED, and nothing is left`, async () => {
        copyFileSync(at('film.mkv'), at('source.mkv'));
        const before = others();
        const now = (): void => change(at('source.mkv'));
        const job = restored('early.mkv', false, {
          ...(when === 'while the model is loaded' && { onModel: now }),
          ...(when === 'before the trial of the output' && { onFolder: now }),
          ...(when === 'before the first frame' && {
            onProgress: ({ stage, frame }) => stage === 'restoring' && frame === 0 && now(),
          }),
        });
        await assert.rejects(job, (error: RemasterError) => {
          assert.equal(error.code, 'SOURCE_CHANGED', `${error.code}: ${error.message}`);
          assert.match(error.message, /source\.mkv (changed|was removed) while it was being read\.$/);
          return true;
        });
        assert.deepEqual(others(), before);
      });

  /** ffmpeg, but for the commands whose arguments match `pattern`, which do `script` first. */
  async function toolsWith(pattern: string, script: string): Promise<Tools> {
    const found = await binary();
    const before = `case "$*" in ${pattern}) ${script} ;; esac`;
    writeFileSync(at('ffmpeg'), `#!/bin/sh\n${before}\nexec '${found.path}' "$@"\n`, { mode: 0o755 });
    return { binary: { ...found, path: at('ffmpeg') }, openModel: async () => nearest(1) };
  }

  it('an ffmpeg that fails before the trial of the output has ended is no change of the source', async () => {
    copyFileSync(at('film.mkv'), at('source.mkv'));
    const job = { ...JOB_DEFAULTS, model: 'x4', input: at('source.mkv'), output: at('failed.mkv') };
    const failing = async (script: string): Promise<Result> =>
      restoreVideo(job, await toolsWith('*/failed.mkv', script), never, () => {});
    const message = /^failed\.mkv cannot be written with these settings/;
    await assert.rejects(failing('exit 1'), { code: 'BAD_SETTING', message });
    await assert.rejects(failing(`rm -r '${at('.failed.mkv.remaster')}'; exit 1`), { code: 'OUTPUT_UNWRITABLE' });
  });

  it('an ffmpeg that is killed while the output is put together ends the job, and no partial result is made', async () => {
    copyFileSync(at('film.mkv'), at('source.mkv'));
    const before = others();
    const settings = { input: at('source.mkv'), output: at('killed.mkv'), codec: 'ffv1', pixelFormat: 'gbrp' } as const;
    const tools = await toolsWith('*source.mkv*whole.mkv*', 'kill -9 $$');
    await assert.rejects(
      restoreVideo({ ...JOB_DEFAULTS, model: 'x4', resume: false, ...settings }, tools, never, () => {}),
      { code: 'ENCODE_FAILED', message: /^ffmpeg ended with SIGKILL/ },
    );
    assert.deepEqual(others(), before);
  });

  it('removed while the output is put together: what was made stays, without its sound', async () => {
    copyFileSync(at('film.mkv'), at('source.mkv'));
    const tools = await toolsWith('*source.mkv*whole.mkv*', `rm -f '${at('source.mkv')}'`);
    const settings = { input: at('source.mkv'), output: at('late.mkv'), codec: 'ffv1', pixelFormat: 'gbrp' } as const;
    await assert.rejects(
      restoreVideo({ ...JOB_DEFAULTS, model: 'x4', ...settings }, tools, never, () => {}),
      { code: 'SOURCE_CHANGED', message: /saved to .*late\.partial\.mkv\.$/ },
    );
    const [made, source] = [await framemd5(at('late.partial.mkv')), await framemd5(at('film.mkv'))];
    assert.deepEqual(
      made.map(({ md5 }) => md5),
      source.map(({ md5 }) => md5),
    );
  });

  it('truncated while an interrupted job reads its finished frames again: these stay', async () => {
    copyFileSync(at('film.mkv'), at('source.mkv'));
    const stop = new AbortController();
    const untilStopped = {
      signal: stop.signal,
      onProgress: ({ frame }: Progress) => frame >= 100 && stop.abort(new StoppedError(true)),
    };
    await assert.rejects(restored('again.mkv', true, untilStopped), { name: 'AbortError' });
    const size = statSync(at('source.mkv')).size;
    const onProgress = ({ stage }: Progress): void => {
      if (stage === 'resuming') truncateSync(at('source.mkv'), Math.floor(size * 0.2));
    };
    await assert.rejects(restored('again.mkv', true, { onProgress }), {
      code: 'SOURCE_CHANGED',
      message: /being read\.$/,
    });
    assert.ok(!existsSync(at('again.partial.mkv')));
    copyFileSync(at('film.mkv'), at('source.mkv'));
    const { resumedFrom } = await restored('again.mkv', true, {});
    assert.ok(resumedFrom >= 80, `${resumedFrom}`);
    const [made, source] = [await framemd5(at('again.mkv')), await framemd5(at('film.mkv'))];
    assert.deepEqual(
      made.map(({ md5 }) => md5),
      source.map(({ md5 }) => md5),
    );
  });
});
