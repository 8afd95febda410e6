import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matroskaHeader } from '../../../src/pipeline/media/matroska';
import { probe, type VideoInfo } from '../../../src/pipeline/media/probe';
import { binary, ff, moving, scratchFolder } from '../../support/videos';

describe('probe', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const probed = async (name: string): Promise<VideoInfo> =>
    probe(await binary(), at(name), new AbortController().signal);
  const refuses = (name: string, code: string, message: RegExp): Promise<void> =>
    assert.rejects(probed(name), { code, message });

  before(async () => {
    const encoded = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264'];
    await ff(...moving('64x36', '30000/1001', 6), ...encoded, '-aspect', '2:1', at('good.mp4'));
    await ff('-f', 'lavfi', '-i', 'sine=duration=0.5', '-c:a', 'aac', at('sound.mp4'));
  });

  it('describes a video', async () => {
    const { width, height, pixelAspect, framesPerSecond, codec, pixels, isInterlaced } = await probed('good.mp4');
    assert.deepEqual([width, height, pixelAspect, framesPerSecond], [64, 36, { num: 9, den: 8 }, 30000 / 1001]);
    assert.deepEqual([codec, pixels.bitDepth, pixels.chroma, isInterlaced], ['h264', 8, '4:2:0', false]);
  });

  it('prefers the video to a cover image that comes before it', async () => {
    await ff('-f', 'lavfi', '-i', 'color=size=16x16', '-frames:v', '1', at('cover.png'));
    const cover = ['-i', at('cover.png'), '-i', at('good.mp4'), '-map', '0', '-map', '1', '-c', 'copy'];
    await ff(...cover, '-disposition:v:0', 'attached_pic', at('covered.mp4'));
    writeFileSync(at('cover first.mp4'), withMetadataFirst(readFileSync(at('covered.mp4'))));
    const { width, stream, media } = await probed('cover first.mp4');
    assert.deepEqual([width, stream, media.streams.map(({ isCoverArt }) => isCoverArt)], [64, 1, [true, false]]);
  });

  it('refuses a file without a video stream', () => refuses('sound.mp4', 'SOURCE_UNREADABLE', /has no video stream/));

  it('refuses a video that ends after its header, or whose recorder died before the first frame', async () => {
    writeFileSync(at('none.mkv'), matroskaHeader({ width: 64, height: 36, depth: 8, framesPerSecond: 25 }));
    await refuses('none.mkv', 'SOURCE_EMPTY', /contains no video frames/);
    await ff('-i', at('good.mp4'), '-c', 'copy', '-movflags', '+empty_moov+frag_keyframe', at('fragments.mp4'));
    const bytes = readFileSync(at('fragments.mp4'));
    writeFileSync(at('none.mp4'), bytes.subarray(0, bytes.indexOf('moof') - 4));
    await refuses('none.mp4', 'SOURCE_EMPTY', /contains no video frames/);
  });

  it('a damaged Matroska file with frames is not called empty', async () => {
    const bytes = Buffer.concat([Buffer.from('1a45dfa3', 'hex'), Buffer.alloc(500, 7), Buffer.from('1f43b675', 'hex')]);
    writeFileSync(at('damaged.mkv'), bytes);
    await refuses('damaged.mkv', 'SOURCE_UNREADABLE', /does not recognize the format/);
  });

  it('refuses an MP4 without its index', async () => {
    const bytes = readFileSync(at('good.mp4'));
    writeFileSync(at('cut.mp4'), bytes.subarray(0, bytes.length / 2));
    await refuses('cut.mp4', 'SOURCE_UNREADABLE', /its index is missing/);
  });

  it('refuses a playlist', async () => {
    writeFileSync(at('list.mp4'), '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\ngood.mp4\n#EXT-X-ENDLIST\n');
    await refuses('list.mp4', 'SOURCE_UNREADABLE', /a playlist or a script/);
  });

  it('names an ffmpeg that may not read the file, such as that of snap in /tmp', async function () {
    if (process.platform === 'win32') this.skip();
    const found = await binary();
    const deny = `case "$one" in file:*good.mp4) echo "$one: No such file or directory" >&2; exit 1 ;; esac`;
    const script = `#!/bin/sh\nfor one in "$@"; do ${deny}; done\nexec '${found.path}' "$@"\n`;
    writeFileSync(at('blind'), script, { mode: 0o755 });
    const blind = { ...found, path: at('blind'), ffprobe: null };
    await assert.rejects(probe(blind, at('good.mp4'), new AbortController().signal), {
      code: 'SOURCE_UNREADABLE',
      message: /good\.mp4 .*blind may not read it, although remaster may/,
      remedy: /snap .*hidden folders .*\/tmp/,
    });
  });

  it('refuses a file of no known format', async () => {
    writeFileSync(at('nothing.avi'), Buffer.concat([Buffer.from('RIFF\0\x10\0\0AVI '), Buffer.alloc(3000)]));
    await refuses('nothing.avi', 'SOURCE_UNREADABLE', /does not recognize the format/);
  });
});

/** The boxes of an MP4 file, or of a box of it. */
function* boxes(data: Buffer): Generator<{ readonly type: string; readonly box: Buffer }> {
  for (let from = 0; from < data.length; from += data.readUInt32BE(from))
    yield {
      type: data.toString('latin1', from + 4, from + 8),
      box: data.subarray(from, from + data.readUInt32BE(from)),
    };
}

/** Moves `udta`, which has the cover image, before the tracks: ffmpeg numbers streams in the order of the file. */
function withMetadataFirst(file: Buffer): Buffer {
  const rank = (type: string): number => (['mvhd', 'udta'].includes(type) ? 0 : 1);
  return Buffer.concat(
    [...boxes(file)].flatMap(({ type, box }) => {
      if (type !== 'moov') return [box];
      const inner = [...boxes(box.subarray(8))].toSorted((a, b) => rank(a.type) - rank(b.type));
      return [box.subarray(0, 8), ...inner.map((one) => one.box)];
    }),
  );
}
