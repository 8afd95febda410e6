import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createEngine } from '../../../src/engine/client/engine';
import { type Job, JOB_DEFAULTS } from '../../../src/settings/restoreJob';
import { promptGraph, writeTiny } from '../../support/tinyBundle';
import { ff, moving, pixels, scratchFolder } from '../../support/videos';

describe('exactness', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const worker = createEngine();
  let count = 0;

  /** The hash of every restored frame. */
  async function frames(changes: Partial<Job> = {}): Promise<string[]> {
    const job: Job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      steps: 2,
      input: at('source.mkv'),
      output: at(`${count++}.mkv`),
      codec: 'ffv1',
      ...changes,
    };
    await worker.run(job).result;
    const bytes = await pixels(job.output, 'yuv444p');
    const size = 56 * 4 * 40 * 4 * 3;
    return Array.from({ length: bytes.length / size }, (_, i) =>
      createHash('sha256')
        .update(bytes.subarray(i * size, (i + 1) * size))
        .digest('hex'),
    );
  }

  let plain: string[];
  before(async function () {
    this.timeout(120_000);
    // Two shots of six frames.
    await ff(
      ...moving('56x40', '10', 6),
      '-f',
      'lavfi',
      '-i',
      'smptebars=size=56x40:rate=10,trim=end_frame=6,hue=h=n*3',
      '-filter_complex',
      '[0:v][1:v]concat=n=2,format=yuv444p',
      '-c:v',
      'ffv1',
      at('source.mkv'),
    );
    plain = await frames();
    assert.equal(plain.length, 12);
  });
  after(() => worker.close());

  it('two runs give the same bytes', async () => assert.deepEqual(await frames(), plain));
  for (const batch of [3, 4])
    it(`batch ${batch} gives the same bytes`, async () => assert.deepEqual(await frames({ batch }), plain));
  it('one thread gives the same bytes', async () => assert.deepEqual(await frames({ threads: 1 }), plain));
  it('another seed or noise mode gives other bytes', async () => {
    for (const changes of [{ seed: 2 }, { noise: 'independent' }, { noise: 'mixed' }] as const)
      assert.notDeepEqual(await frames(changes), plain);
  });
  it('a video split at a scene change gives the same bytes in two runs', async () => {
    const [a, b] = [await frames({ trim: { start: 0, end: 0.6 } }), await frames({ trim: { start: 0.6, end: null } })];
    assert.deepEqual([...a, ...b], plain);
  });
  it('the prompt depends only on the first frame of the shot', async () => {
    const model = await writeTiny(at('tiny'), 'osediff', { looks: promptGraph() });
    const tiny = (changes: Partial<Job> = {}) => frames({ model, steps: null, tile: 32, ...changes });
    const whole = await tiny();
    assert.deepEqual(await tiny({ batch: 4 }), whole);
    // From the middle of the first shot: earlier frames are decoded but not restored.
    assert.deepEqual(await tiny({ trim: { start: 0.3, end: null } }), whole.slice(3));
    assert.deepEqual(
      await tiny({ maxFps: 5 }),
      whole.filter((_, i) => i % 2 === 0),
    );
  });
  it('batches of tiles give the same bytes, with and without the tile cache', async () => {
    const tiles = await frames({ tile: 32, batch: 1 });
    assert.notDeepEqual(tiles, plain);
    assert.deepEqual(await frames({ tile: 32, batch: 4 }), tiles);
    assert.deepEqual(await frames({ tile: 32, batch: 4, tileCache: null }), tiles);
  });
  it('a still video gives identical frames', async () => {
    await ff(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=56x40:rate=10,trim=end_frame=1,loop=loop=4:size=1:start=0,setpts=N/10/TB',
      '-pix_fmt',
      'yuv444p',
      '-c:v',
      'ffv1',
      at('still.mkv'),
    );
    const still = await frames({ input: at('still.mkv') });
    assert.equal(still.length, 5);
    assert.equal(new Set(still).size, 1);
  });
});
