import assert from 'node:assert/strict';
import { join } from 'node:path';
import { resolveColour } from '../../../src/pipeline/media/colour';
import { openVideo } from '../../../src/pipeline/media/decode';
import { probe, type VideoInfo } from '../../../src/pipeline/media/probe';
import { readAs } from '../../../src/pipeline/media/reading';
import { type Job, JOB_DEFAULTS } from '../../../src/settings/restoreJob';
import { binary, ff, scratchFolder } from '../../support/videos';

const never = new AbortController().signal;

describe('readAs', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  const reading = async (name: string, changes: Partial<Job>): Promise<VideoInfo> => {
    const found = await binary();
    return readAs(found, await probe(found, at(name), never), { ...JOB_DEFAULTS, ...changes }, never);
  };
  const firstFrame = async (info: VideoInfo): Promise<Uint8Array> => {
    const how = { depth: 8, temporalDenoise: 'off', hwaccel: 'off', from: 0 } as const;
    const options = { ...how, colour: resolveColour(info.colour, info) };
    await using source = openVideo(await binary(), info, options, never);
    for await (const { data } of source.read()) return data;
    throw new Error('no frame');
  };
  const size = ({ width, height }: VideoInfo): string => `${width}x${height}`;
  const sar = ({ pixelAspect: { num, den } }: VideoInfo): string => `${num}:${den}`;

  /** A picture of `inner` in black of `outer`, 10 s, with the noise of a tape. */
  const letterboxed = async (name: string, inner: string, outer: string, more = ''): Promise<Buffer> =>
    ff(
      ...['-f', 'lavfi', '-i', `testsrc2=size=${inner}:rate=2,trim=end=10`],
      ...['-vf', `pad=${outer}:-1:-1${more},noise=alls=6:allf=t`, '-pix_fmt', 'yuv420p', '-c:v', 'ffv1', at(name)],
    );

  before(async () => {
    await letterboxed('wide.mkv', '128x54', '128:96');
    await letterboxed('narrow.mkv', '96x96', '128:96');
    await letterboxed('whole.mkv', '128x96', '128:96');
    // A subtitle in the lower bar for a second; the first three seconds and the last are black.
    await letterboxed(
      'subtitle.mkv',
      '128x54',
      '128:96',
      ",drawbox=x=40:y=84:w=40:h=6:c=white:t=fill:enable='between(t,4,5)'",
    );
    await letterboxed('dark.mkv', '128x54', '128:96', ",eq=brightness=-1:enable='not(between(t,6,6.4))'");
    await letterboxed('black.mkv', '128x54', '128:96', ',eq=brightness=-1');
  });

  it('auto cuts black bars off, and says so', async () => {
    const wide = await reading('wide.mkv', { crop: 'auto' });
    assert.equal(size(wide), '128x54');
    assert.deepEqual(wide.reading!.notes, ['Black bars were cut off: 128×54 of 128×96, at 0, 20.']);
    assert.equal(size(await reading('narrow.mkv', { crop: 'auto' })), '96x96');
    // Half a second with one key frame: no frame comes behind most of the places.
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=128x54:rate=25', '-frames:v', '12', '-vf', 'pad=128:96:-1:-1'];
    await ff(...picture, '-c:v', 'mpeg2video', '-q:v', '2', at('short.mpg'));
    assert.equal(size(await reading('short.mpg', { crop: 'auto' })), '128x54');
  });

  it('ffmpeg alone finds the same bars', async () => {
    for (const [name, wanted] of [
      ['wide.mkv', '0-127:20-73'],
      ['narrow.mkv', '16-111:0-95'],
    ] as const) {
      // prettier-ignore
      const print = "cropdetect=limit=32:round=2:reset=0,metadata=mode=print:file='pipe\\:1'";
      const text = (await ff('-i', at(name), '-vf', print, '-f', 'null', '-')).toString();
      const last = (key: string): string =>
        [...text.matchAll(new RegExp(`cropdetect\\.${key}=(\\d+)`, 'g'))].at(-1)![1]!;
      assert.equal(`${last('x1')}-${last('x2')}:${last('y1')}-${last('y2')}`, wanted);
    }
  });

  it('auto keeps lines that are not black everywhere', async () => {
    for (const [name, why] of [
      ['whole.mkv', /Nothing was cut off: there are no black bars/],
      ['dark.mkv', /too few frames are bright enough/],
      ['black.mkv', /too few frames are bright enough/],
    ] as const) {
      const info = await reading(name, { crop: 'auto' });
      assert.equal(size(info), '128x96');
      assert.match(info.reading!.notes.join(), why);
    }
    assert.equal(size(await reading('subtitle.mkv', { crop: 'auto' })), '128x70'); // from the picture to the subtitle
  });

  it('the pixels are those of the part, as ffmpeg alone cuts it', async () => {
    for (const crop of ['64:48:32:24', 'bottom=8', 'left=3,top=5']) {
      const info = await reading('whole.mkv', { crop });
      const { width, height, left, top } = info.reading!.crop!;
      const exact = 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';
      const cut = `crop=${width}:${height}:${left}:${top},scale=flags=${exact},format=rgb24`;
      const wanted = await ff('-i', at('whole.mkv'), '-frames:v', '1', '-vf', cut, '-f', 'rawvideo', '-');
      assert.ok(Buffer.from(await firstFrame(info)).equals(wanted), crop);
    }
  });

  it('the maximum height is that of the part', async () => {
    assert.equal(size(await reading('whole.mkv', { crop: 'top=48', maxHeight: 24 })), '64x24');
    assert.equal((await firstFrame(await reading('whole.mkv', { crop: 'top=48', maxHeight: 24 }))).length, 64 * 24 * 3);
  });

  it('a crop that the video is too small for is refused', async () => {
    await assert.rejects(reading('whole.mkv', { crop: '128:90:0:8' }), { code: 'BAD_SETTING', message: /128×96/ });
  });

  it('the shape of pixels stays when a part is cut off, and is that of the job where it says one', async () => {
    await ff('-f', 'lavfi', '-i', 'testsrc2=size=720x576:rate=25,trim=end_frame=2', '-vf', 'setsar=16/15', '-c:v', 'ffv1', at('pal.mkv')); // prettier-ignore
    assert.equal(sar(await reading('pal.mkv', { crop: '704:576:8:0' })), '16:15');
    assert.equal(sar(await reading('pal.mkv', { aspect: '16:9' })), '16:11');
    const both = await reading('pal.mkv', { aspect: '4:3', crop: '704:576:8:0' });
    assert.equal((both.width * both.pixelAspect.num) / (both.height * both.pixelAspect.den), 4 / 3);
    // No bars: the shape is that of the whole frame.
    const frame = await firstFrame(await reading('pal.mkv', { aspect: '16:9' }));
    assert.ok(frame.subarray(0, 720 * 3).some((sample) => sample > 40));
  });
});
