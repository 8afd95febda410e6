import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveColour } from '../../../src/pipeline/media/colour';
import { openVideo } from '../../../src/pipeline/media/decode';
import type { FfmpegBinary } from '../../../src/pipeline/media/findFfmpeg';
import { mirrorFilter } from '../../../src/pipeline/media/mp4Mirror';
import { boxesIn, type Box } from '../../../src/pipeline/media/mp4Tree';
import { probe } from '../../../src/pipeline/media/probe';
import { thumbnail } from '../../../src/pipeline/media/thumbnail';
import { JOB_DEFAULTS } from '../../../src/settings/restoreJob';
import { FFMPEGS, never } from '../../support/segments';
import { ff, moving, pixels, scratchFolder } from '../../support/videos';

type Matrix = readonly [a: number, b: number, c: number, d: number];

/** Every way in which quarter turns and mirrors show a frame. */
const ORIENTATIONS: readonly (readonly [string, Matrix])[] = [
  ['upright', [1, 0, 0, 1]],
  ['turned right', [0, 1, -1, 0]],
  ['turned by half', [-1, 0, 0, -1]],
  ['turned left', [0, -1, 1, 0]],
  ['mirrored', [-1, 0, 0, 1]],
  ['mirrored upside down', [1, 0, 0, -1]],
  ['mirrored and turned left', [0, 1, 1, 0]],
  ['mirrored and turned right', [0, -1, -1, 0]],
];

const SIZE = { width: 64, height: 36 };

/** A frame (rgb24, 64 × 36) as the matrix shows it: the pixel (x, y) goes to (ax + cy, bx + dy). */
function shown(data: Uint8Array, [a, b, c, d]: Matrix): Buffer {
  const width = a === 0 ? SIZE.height : SIZE.width;
  const [left, top] = [Math.min(0, a + c, a, c), Math.min(0, b + d, b, d)]; // a frame turned out of view moves back
  const turned = Buffer.alloc(data.length);
  for (let y = 0; y < SIZE.height; y++)
    for (let x = 0; x < SIZE.width; x++) {
      const to = {
        x: a * x + c * y - left * (a === 0 ? SIZE.height - 1 : SIZE.width - 1),
        y: b * x + d * y - top * (a === 0 ? SIZE.width - 1 : SIZE.height - 1),
      };
      const from = (y * SIZE.width + x) * 3;
      turned.set(data.subarray(from, from + 3), (to.y * width + to.x) * 3);
    }
  return turned;
}

/** Sets the matrix of the header of the last track (`tkhd`) or of the movie (`mvhd`). */
function withMatrix(file: Buffer, [a, b, c, d]: Matrix, header: 'tkhd' | 'mvhd' = 'tkhd'): Buffer {
  const changed = Buffer.from(file);
  const at = changed.lastIndexOf(header) + 4 + (header === 'tkhd' ? 40 : 36);
  [a, b, 0, c, d].forEach((value, i) => changed.writeInt32BE(value * 0x10000, at + i * 4));
  return changed;
}

/** Moves the metadata before the tracks, in a `moov` box at the end of a file. */
function withTracksLast(file: Buffer): Buffer {
  const start = file.indexOf('moov') - 4;
  const isTrack = ({ type }: Box): boolean => type === 'trak';
  const boxes = boxesIn(file, start + 8, file.length).toSorted((a, b) => Number(isTrack(a)) - Number(isTrack(b)));
  return Buffer.concat([file.subarray(0, start + 8), ...boxes.map((box) => file.subarray(box.start, box.end))]);
}

async function decoded(binary: FfmpegBinary, path: string): Promise<Buffer[]> {
  const info = await probe(binary, path, never);
  const options = { ...JOB_DEFAULTS, colour: resolveColour(info.colour, info), from: 0 };
  await using video = openVideo(binary, info, { ...options, depth: 8 }, never);
  const frames: Buffer[] = [];
  for await (const { data } of video.read()) frames.push(Buffer.from(data));
  return frames;
}

describe('mp4Mirror', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  let straight: Buffer;
  let frames: Buffer[];

  before(async () => {
    await ff(...moving('64x36', '25', 3), '-c:v', 'libx264rgb', '-qp', '0', at('straight.mp4'));
    straight = readFileSync(at('straight.mp4'));
    const all = await pixels(at('straight.mp4'));
    frames = [0, 1, 2].map((i) => all.subarray(i * 64 * 36 * 3, (i + 1) * 64 * 36 * 3));
  });

  for (const [which, ffmpeg] of FFMPEGS)
    for (const [name, matrix] of ORIENTATIONS)
      it(`a video that is ${name} is decoded upright, by ${which}`, async () => {
        writeFileSync(at(`${name}.mp4`), withMatrix(straight, matrix));
        const found = await decoded(await ffmpeg(), at(`${name}.mp4`));
        assert.equal(found.length, 3);
        found.forEach((data, i) => assert.ok(data.equals(shown(frames[i]!, matrix)), `frame ${i}`));
      });

  for (const [which, ffmpeg] of FFMPEGS) {
    it(`sound and a cover before a mirrored video, by ${which}`, async () => {
      await ff('-f', 'lavfi', '-i', 'color=size=16x16', '-frames:v', '1', at('cover.png'));
      const sound = ['-f', 'lavfi', '-i', 'sine=d=0.2', '-map', '2', '-c:a', 'aac'];
      const cover = ['-i', at('cover.png'), ...sound, '-map', '0', '-map', '1', '-c:v', 'copy'];
      await ff('-i', at('straight.mp4'), ...cover, '-disposition:v:1', 'attached_pic', at('covered.mp4'));
      const movie = withMatrix(readFileSync(at('covered.mp4')), [-1, 0, 0, 1]);
      writeFileSync(at('movie.mp4'), withTracksLast(movie));
      const [first] = await decoded(await ffmpeg(), at('movie.mp4'));
      assert.ok(first!.equals(shown(frames[0]!, [-1, 0, 0, 1])));
    });

    it(`the thumbnail of a mirrored video, by ${which}`, async () => {
      writeFileSync(at('mirrored.mp4'), withMatrix(straight, [0, 1, 1, 0]));
      const output = at('thumbnail.png');
      await thumbnail(await ffmpeg(), { input: at('mirrored.mp4'), at: 0, output, width: null }, never);
      assert.ok((await pixels(output)).equals(shown(frames[0]!, [0, 1, 1, 0])));
    });
  }

  it('the matrix of the movie counts too; other tracks and odd angles are none', () => {
    const moov = (file: Buffer): Buffer => {
      const start = file.indexOf('moov') - 4;
      return file.subarray(start, start + file.readUInt32BE(start));
    };
    const mirrored = moov(withMatrix(straight, [-1, 0, 0, 1]));
    assert.equal(mirrorFilter(mirrored, 0), 'hflip');
    assert.equal(mirrorFilter(mirrored, 1), null);
    assert.equal(mirrorFilter(moov(withMatrix(straight, [-1, 0, 0, 1], 'mvhd')), 0), 'hflip');
    assert.equal(mirrorFilter(moov(withMatrix(straight, [1, 1, 1, -1])), 0), null);
    assert.equal(mirrorFilter(moov(straight), 0), null);
  });
});
