import assert from 'node:assert/strict';
import { join } from 'node:path';
import sharp from 'sharp';
import { createEngine } from '../../../src/engine/client/engine';
import type { JpegPair } from '../../../src/engine/protocol';
import { JOB_DEFAULTS } from '../../../src/settings/restoreJob';
import { liveJob, pattern } from '../../pipeline/jobs/live/liveJob';
import { processes } from '../../support/processes';
import { ff, moving, scratchFolder } from '../../support/videos';

/** Milliseconds that a stop may take to clean up, with a margin. */
const SOON = 5000;

describe('comparisons', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const worker = createEngine();
  const encoders = (): string[] => processes(/ffmpeg.*mjpeg.*image2pipe/);
  after(() => worker.close());

  const sizes = async ({ before, after: now }: JpegPair): Promise<unknown[]> =>
    Promise.all(
      [before, now].map(async (jpeg) => {
        const { format, width, height } = await sharp(Buffer.from(jpeg)).metadata();
        return [format, width, height];
      }),
    );
  const gone = async (): Promise<void> => {
    for (const end = performance.now() + SOON; encoders().length > 0 && performance.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(encoders(), []);
  };

  it('camera: returns the same frame before and after, keeps encoders open between requests and closes them at the end', async () => {
    const running = worker.live(liveJob(pattern('48x32', 5)));
    let pair: JpegPair | null = null;
    for (let i = 0; pair === null && i < 20; i++) pair = await worker.ask('pair', { job: running.id });
    assert.deepEqual(await sizes(pair!), [
      ['jpeg', 48, 32],
      ['jpeg', 192, 128],
    ]);
    assert.equal(pair!.aspect, 1.5);
    const first = encoders().map((line) => line.split(' ')[0]);
    assert.equal(first.length, 2);
    const [second, third] = await Promise.all([1, 2].map(() => worker.ask('pair', { job: running.id })));
    assert.notDeepEqual(second!.after, pair!.after, 'the next one');
    assert.ok(third!.before.length > 0);
    assert.deepEqual(
      encoders().map((line) => line.split(' ')[0]),
      first,
      'by the same encoders',
    );
    await running.stop();
    await gone();
    assert.equal(await worker.ask('pair', { job: running.id }), null);
  });

  it('video: returns frames as they are restored, with the display aspect ratio', async () => {
    const input = join(folder, 'video.mp4');
    await ff(...moving('48x32', '25', 200), '-vf', 'setsar=4/3', '-pix_fmt', 'yuv420p', '-c:v', 'libx264', input);
    const job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      provider: 'cpu',
      steps: 1,
      batch: 1,
      input,
      output: join(folder, 'large.mp4'),
    } as const;
    const running = worker.run(job);
    const pair = await worker.ask('pair', { job: running.id });
    assert.deepEqual(await sizes(pair!), [
      ['jpeg', 48, 32],
      ['jpeg', 192, 128],
    ]);
    assert.equal(pair!.aspect, 2);
    await running.stop();
    await gone();
  });
});
