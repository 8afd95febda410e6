import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { assembleVideo } from '../../../src/pipeline/jobs/assemble/assembleVideo';
import { restoreVideo } from '../../../src/pipeline/jobs/restore/restoreVideo';
import { type FfmpegBinary, findFfmpeg, searchFfmpeg } from '../../../src/pipeline/media/findFfmpeg';
import { ASSEMBLE_DEFAULTS } from '../../../src/settings/assembleJob';
import { JOB_DEFAULTS } from '../../../src/settings/restoreJob';
import { nearest } from '../../support/fakeModel';
import { oneImage, pattern } from '../../support/images';
import { binary, ff, moving, scratchFolder } from '../../support/videos';

const never = new AbortController().signal;

describe('findFfmpeg', () => {
  const scratch = scratchFolder();
  const folders = { none: '', without: '', other: '', whole: '' };

  before(async function () {
    if (process.platform === 'win32') this.skip();
    const { path } = await binary();
    // Like the ffmpegs of conda, Fedora and vendors: all but libx264.
    const without = `#!/bin/sh\ncase "$*" in *-encoders*) echo ' V....D ffv1 FFV1' ;; *) exec '${path}' "$@" ;; esac\n`;
    const scripts = { none: null, without, other: without, whole: `#!/bin/sh\nexec '${path}' "$@"\n` };
    for (const [name, script] of Object.entries(scripts)) {
      folders[name as keyof typeof folders] = join(scratch, name);
      mkdirSync(join(scratch, name));
      if (script !== null) writeFileSync(join(scratch, name, 'ffmpeg'), script, { mode: 0o755 });
    }
  });

  /** Calls `use` while these folders are the PATH, and no variable names an ffmpeg. */
  async function onPath<T>(names: readonly (keyof typeof folders)[], use: () => Promise<T>): Promise<T> {
    const { PATH, REMASTER_FFMPEG, FFMPEG_PATH } = process.env;
    delete process.env['REMASTER_FFMPEG'];
    delete process.env['FFMPEG_PATH'];
    process.env['PATH'] = names.map((name) => folders[name]).join(delimiter);
    try {
      return await use();
    } finally {
      const before = { PATH, REMASTER_FFMPEG, FFMPEG_PATH };
      for (const [name, value] of Object.entries(before)) if (value !== undefined) process.env[name] = value;
    }
  }

  it('prefers one on the PATH that encodes H.264 to an earlier one that does not', async () => {
    const { found, tried } = await onPath(['none', 'without', 'whole'], searchFfmpeg);
    assert.equal(found?.path, join(folders.whole, 'ffmpeg'));
    assert.deepEqual(tried, [{ path: join(folders.without, 'ffmpeg'), reason: 'it cannot encode H.264 (no libx264)' }]);
    const first = await onPath(['whole', 'without'], searchFfmpeg);
    assert.deepEqual([first.found?.path, first.tried], [join(folders.whole, 'ffmpeg'), []]);
  });

  it('uses the first where none on the PATH encodes H.264', async () => {
    const { found, tried } = await onPath(['without', 'other'], searchFfmpeg);
    assert.deepEqual([found?.path, found?.origin], [join(folders.without, 'ffmpeg'), 'path']);
    assert.deepEqual(tried.map(({ path }) => path), [join(folders.other, 'ffmpeg')]); // prettier-ignore
  });

  it('does not replace one that was named', async () => {
    const named = join(folders.without, 'ffmpeg');
    const { found, tried } = await onPath(['whole'], () => searchFfmpeg(named));
    assert.deepEqual([found?.path, tried], [named, []]);
  });

  it('videos made with the bundled build say so, once', async () => {
    const bundled: FfmpegBinary = await onPath(['none'], findFfmpeg);
    assert.equal(bundled.origin, 'bundled');
    const input = join(scratch, 'source.mp4');
    await ff(...moving('64x36', '25', 4), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', input);
    for (const program of [bundled, await binary()]) {
      const warnings = program === bundled ? [/^This video was made with the ffmpeg of 2018 .* install ffmpeg 5/] : [];
      const output = join(scratch, 'out.mp4');
      const tools = { binary: program, openModel: async () => nearest(1) };
      const restored = await restoreVideo(
        { ...JOB_DEFAULTS, model: 'x4', input, output, overwrite: true },
        tools,
        never,
        () => {},
      );
      matches(restored.warnings, warnings);

      const job = { ...ASSEMBLE_DEFAULTS, output, overwrite: true };
      const images = oneImage(await pattern(64, 36, 3).png().toBuffer());
      matches((await assembleVideo(job, { binary: program }, images, never)).warnings, warnings);
    }
  });
});

function matches(texts: readonly string[], patterns: readonly RegExp[]): void {
  assert.equal(texts.length, patterns.length, texts.join('\n'));
  for (const [i, expected] of patterns.entries()) assert.match(texts[i]!, expected);
}
