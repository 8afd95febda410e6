import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { probe } from '../../../../src/pipeline/media/probe';
import { type Part, videoTraits } from '../../../../src/pipeline/media/traits/videoTraits';
import type { FrameTraits } from '../../../../src/settings/sourceTraits';
import { binary, ff, scratchFolder } from '../../../support/videos';

const never = new AbortController().signal;

describe('videoTraits', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const traits = async (name: string, part: Part = null): Promise<FrameTraits> => {
    const info = await probe(await binary(), at(name), never);
    return videoTraits(await binary(), info, info, part, never);
  };

  /** Two seconds of a soft slope, with filters and a codec. */
  const clip = (name: string, filters: readonly string[], ...codec: string[]) =>
    ff(
      ...['-f', 'lavfi', '-i', "nullsrc=size=160x128:rate=25:duration=2,geq=lum='64+X/2+Y/4':cb=128:cr=128"],
      ...['-vf', [...filters, 'format=yuv420p'].join(','), ...codec, at(name)],
    );

  const lossless = ['-c:v', 'ffv1'];

  it('measures the noise that ffmpeg adds', async () => {
    await clip('clean.mkv', [], ...lossless);
    assert.ok((await traits('clean.mkv')).noise! < 1);
    const luma = (name: string) => ff('-i', at(name), '-f', 'rawvideo', '-pix_fmt', 'gray', '-');
    for (const strength of [4, 12, 40]) {
      await clip(`noise ${strength}.mkv`, [`noise=c0s=${strength}:c0f=t:all_seed=1`], ...lossless);
      const [clean, noisy] = [await luma('clean.mkv'), await luma(`noise ${strength}.mkv`)];
      const truth = Math.sqrt(noisy.reduce((sum, level, i) => sum + (level - clean[i]!) ** 2, 0) / noisy.length);
      const { noise } = await traits(`noise ${strength}.mkv`);
      assert.ok(noise! > 0.8 * truth && noise! < 1.1 * truth, `${strength}: ${noise} of ${truth}`);
    }
  });

  it('codecs remove it: the rest is measured', async () => {
    const noise = ['noise=c0s=30:c0f=t:all_seed=1'];
    await clip('coded well.mp4', noise, '-c:v', 'libx264', '-crf', '12');
    await clip('coded badly.mp4', noise, '-c:v', 'libx264', '-crf', '44');
    const [well, badly] = [await traits('coded well.mp4'), await traits('coded badly.mp4')];
    assert.ok(well.noise! > 5 && badly.noise! < 2, `${well.noise} ${badly.noise}`);
    assert.ok(well.bitsPerPixel! > 10 * badly.bitsPerPixel!);
  });

  it('counts the bits of the video alone', async () => {
    await clip('silent.mkv', ['noise=c0s=20:c0f=t:all_seed=1'], '-c:v', 'libx264', '-g', '1', '-crf', '30');
    const listed = (await ff('-i', at('silent.mkv'), '-c', 'copy', '-f', 'framecrc', '-')).toString();
    const sizes = [...listed.matchAll(/^0,(?: *-?\d+,){3} *(\d+),/gm)].map(([, size]) => Number(size));
    const bits = (8 * sizes.slice(1).reduce((sum, size) => sum + size, 0)) / (49 * 160 * 128); // the first has a header
    const { bitsPerPixel, framesPerSecond, codec, width, height } = await traits('silent.mkv');
    assert.ok(Math.abs(bitsPerPixel! / bits - 1) < 0.15, `${bitsPerPixel} of ${bits}`);
    assert.deepEqual([framesPerSecond, codec, width, height], [25, 'h264', 160, 128]);
    await ff(
      '-i',
      at('silent.mkv'),
      '-f',
      'lavfi',
      '-i',
      'sine=duration=2',
      '-c:v',
      'copy',
      '-c:a',
      'pcm_s16le',
      at('loud.mkv'),
    );
    assert.ok(Math.abs((await traits('loud.mkv')).bitsPerPixel! / bitsPerPixel! - 1) < 0.01);
  });

  it('of an interlaced video, one field is measured: its motion is no noise', async () => {
    const moving = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=50:duration=2'];
    await ff(
      ...moving,
      '-vf',
      'hue=s=0,eq=contrast=0.4,gblur=3,tinterlace=interleave_top,setfield=tff',
      '-c:v',
      'mpeg2video',
      '-q:v',
      '1',
      '-flags',
      '+ilme+ildct',
      at('fields.mpg'),
    );
    const { isInterlaced, noise } = await traits('fields.mpg');
    assert.ok(isInterlaced && noise! < 2, `${isInterlaced} ${noise}`);
  });

  it('only the part that the job restores counts', async () => {
    await clip('half.mkv', ["noise=c0s=40:c0f=t:all_seed=1:enable='gt(t,1)'"], ...lossless);
    assert.ok((await traits('half.mkv', { start: 0, end: 0.9 })).noise! < 1);
    assert.ok((await traits('half.mkv', { start: 1.1, end: null })).noise! > 5);
  });

  it('a folder of images, a single image and a black video say what they can', async () => {
    mkdirSync(at('images'));
    await ff('-i', at('clean.mkv'), '-frames:v', '5', join(at('images'), '%03d.png'));
    const images = await traits('images');
    assert.deepEqual([images.bitsPerPixel, images.noise! < 1], [null, true]);
    await ff('-i', at('clean.mkv'), '-frames:v', '1', at('one.png'));
    assert.deepEqual((await traits('one.png')).bitsPerPixel, null);
    await ff('-f', 'lavfi', '-i', 'color=size=320x240:rate=25:duration=1', '-c:v', 'libx264', at('black.mp4'));
    assert.equal((await traits('black.mp4')).noise, null);
  });

  it('a stop is a stop', async () => {
    const info = await probe(await binary(), at('clean.mkv'), never);
    const stopped = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(videoTraits(await binary(), info, info, null, stopped), { message: 'stopped' });
  });
});
