import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assembleVideo } from '../../../../src/pipeline/jobs/assemble/assembleVideo';
import { encodingSink } from '../../../../src/pipeline/jobs/live/sink';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { ASSEMBLE_DEFAULTS } from '../../../../src/settings/assembleJob';
import { JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { oneImage } from '../../../support/images';
import { nearest } from '../../../support/fakeModel';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

/** Names that mean something to ffmpeg, to a shell, to a URL or to a terminal, and the longest ones. */
const NAMES = [
  ...['Tape #07?', '%d %05d %Y%% a&b=c+d@e,f;g|h', `it's "so" \`$(echo)\` $HOME ! <in> * [a-z]{1,2} (1) ^ ~`],
  ...['-i', ' two  spaces ', '..hidden', 'file:a', 'concat:a|b', 'C:\\back\\slash\\'],
  ...['new\nline\ttab\rreturn\u001b[31m\u007f\u0085', 'é e\u0301 Ã© \ufffd 影片 😀 \u202egnp \u200b'],
  ...['x'.repeat(251), 'é'.repeat(125), '影'.repeat(83), '😀'.repeat(62)],
];

describe('every legal name', function () {
  const root = scratchFolder();
  const never = new AbortController().signal;
  let image: Buffer;
  const tools = async () => ({ binary: await binary(), openModel: async () => nearest(1) });
  const restore = async (input: string, output: string): Promise<void> => {
    const job = { ...JOB_DEFAULTS, model: 'x4', input, output, codec: 'prores' as const };
    assert.equal((await restoreVideo(job, await tools(), never, () => {})).output, output);
  };

  before(async function () {
    if (process.platform !== 'linux') this.skip(); // others forbid some of them
    await ff(...moving('16x16', '25', 2), '-c:v', 'ffv1', join(root, 'source.mkv'));
    await ff(...moving('16x16', '25', 1), '-frames:v', '1', join(root, 'image.png'));
    image = readFileSync(join(root, 'image.png'));
  });

  for (const [index, name] of NAMES.entries()) {
    // A folder may have the longest name, too, but then the path is too long for old ffmpegs.
    const newFolder = (kind: string, length = 20): string => {
      const folder = join(root, `${kind} ${index}`, name.slice(0, length));
      mkdirSync(folder, { recursive: true });
      return folder;
    };

    it(`works for files and folders: ${JSON.stringify(name.slice(0, 20))}`, async () => {
      const files = newFolder('files');
      copyFileSync(join(root, 'source.mkv'), join(files, `${name}.mkv`));
      await restore(join(files, `${name}.mkv`), join(files, `${name}.mov`));
      assert.deepEqual(readdirSync(files).toSorted(), [`${name}.mkv`, `${name}.mov`].toSorted());

      const images = newFolder('images', Infinity);
      writeFileSync(join(images, `${name.replace(/^\.+/, '')}.png`), image);
      await restore(images, join(newFolder('from images'), `${name}.mov`));

      const made = newFolder('made');
      const job = { ...ASSEMBLE_DEFAULTS, output: join(made, `${name}.mov`), codec: 'prores' as const };
      await assembleVideo(job, await tools(), oneImage(image), never);
      assert.deepEqual(readdirSync(made), [`${name}.mov`]);
    });
  }

  it('of the folders of recordings', async () => {
    for (const [index, name] of ['a#b?%d%Y', 'new\nline', `-q'"\\`, 'é😀'].entries()) {
      const folder = join(root, `recordings ${index}`, name);
      const files: string[] = [];
      const target = { kind: 'segments', folder, name: `it's #1?`, seconds: 2 } as const;
      const keep = { count: null, hours: null, bytes: null };
      const errors: string[] = [];
      {
        await using sink = encodingSink(
          await binary(),
          { quality: null, hardware: 'off' },
          { ...target, keep },
          {
            onFragment: async () => {},
            onFile: (path) => void files.push(path),
            onRecoverableError: ({ message }) => void errors.push(message),
          },
        );
        for (let frame = 0; frame < 3; frame++) {
          const [size, at] = [{ width: 16, height: 16 }, performance.now()];
          const colour = { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' } as const;
          const pixels = { data: new Uint8Array(16 * 16 * 3), colour, pixelAspect: { num: 1, den: 1 } };
          sink.put({ index: frame, at, done: at, ...size, stored: size, ...pixels });
          while (sink.counts().written <= frame) await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      assert.deepEqual(errors, []);
      assert.deepEqual(
        files,
        readdirSync(folder).map((file) => join(folder, file)),
      );
      assert.match(files.join(), /it's #1\?_\d{4}-[^/]*\.mp4$/);
    }
  });
});
