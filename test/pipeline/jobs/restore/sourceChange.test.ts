import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { RemasterError } from '../../../../src/errors';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { JOB_DEFAULTS, type Progress } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { framemd5 } from '../../../support/framemd5';
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
});
