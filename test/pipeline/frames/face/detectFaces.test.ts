import assert from 'node:assert/strict';
import { openFaceFinder } from '../../../../src/model/inference/openModel';
import type { FaceFinder, Point } from '../../../../src/model/model';
import { detectFaces } from '../../../../src/pipeline/frames/face/detectFaces';
import type { Samples } from '../../../../src/pipeline/frames/face/resample';
import { ASTRONAUT, astronaut, LANDMARKS, picture } from './images';

describe('detectFaces', () => {
  const never = new AbortController().signal;
  let finder: FaceFinder;
  before(() => (finder = openFaceFinder()));
  after(() => finder[Symbol.asyncDispose]());

  const find = (source: Samples, smallest = 8) => detectFaces(source, finder, smallest, never);

  /** Mean distance of the landmarks, in pixels of the photograph. */
  const apart = (found: readonly Point[], at: (point: Point) => Point, scale: number): number =>
    found.reduce((sum, [x, y], i) => {
      const [u, v] = at(LANDMARKS[i]!);
      return sum + Math.hypot(x - u, y - v) / 5 / scale;
    }, 0);

  for (const [side, within] of [
    [128, 3.5],
    [512, 3.5],
    [2048, 3.5],
  ] as const) {
    it(`finds the eyes, nose and mouth of one face in ${side} pixels`, async () => {
      const [face, ...others] = await find(await astronaut(side));
      assert.deepEqual(others, []);
      assert.ok(face!.score > 0.8);
      const scale = side / 512;
      const error = apart(face!.landmarks, ([x, y]) => [(x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5], scale);
      assert.ok(error < within, `${error} pixels of 512`);
    });
  }

  for (const degrees of [-60, -35, 20, 45, 60]) {
    it(`rotates the landmarks of a face rotated by ${degrees}°`, async () => {
      const turned = await picture(['-i', ASTRONAUT], `rotate=${degrees}*PI/180`, 512, 512);
      const [face, ...others] = await find(turned);
      assert.deepEqual(others, []);
      const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      const turn = ([x, y]: Point): Point => [
        c * (x - 255.5) - s * (y - 255.5) + 255.5,
        s * (x - 255.5) + c * (y - 255.5) + 255.5,
      ];
      const error = apart(face!.landmarks, turn, 1);
      assert.ok(error < 5, `${error} pixels`);
    });
  }

  it('finds a close-up and a face cut off at the edge', async () => {
    for (const crop of ['crop=200:200:124:20', 'crop=200:200:130:90']) {
      const faces = await find(await picture(['-i', ASTRONAUT], `${crop},scale=960:960`, 960, 960));
      assert.equal(faces.length, 1, crop);
    }
  });

  it('returns two faces, the smaller first, without those below the minimum', async () => {
    const filter = 'split[a][b];[b]hflip,scale=320:320[c];[a]pad=900:512[d];[d][c]overlay=560:100';
    const both = await picture(['-i', ASTRONAUT], filter, 900, 512);
    const faces = await find(both);
    assert.deepEqual(
      faces.map(({ box }) => (box.left > 512 ? 'right' : 'left')),
      ['right', 'left'],
    );
    assert.equal((await find(both, 70)).length, 1);
    assert.equal((await find(both, 120)).length, 0);
  });

  it('finds all faces of a rotated group', async () => {
    const one = 'crop=300:300:80:10,scale=120:120';
    const all = await picture(['-loop', '1', '-i', ASTRONAUT], `${one},rotate='(n-16)*0.04':c=gray,tile=8x4`, 960, 480);
    const faces = await find(all);
    const cells = faces.map(({ box }) => Math.floor(box.left / 120) + 8 * Math.floor(box.top / 120));
    assert.deepEqual(
      cells.toSorted((a, b) => a - b),
      Array.from({ length: 32 }, (_, i) => i),
    );
  });

  it('finds the same faces in 16 and 8 bits', async () => {
    const eight = await astronaut();
    const sixteen = { ...eight, data: Uint16Array.from(eight.data, (value) => value * 257) };
    assert.deepEqual(await find(sixteen), await find(eight));
  });

  for (const [what, source] of [
    ['a test chart', 'testsrc2=size=640x360'],
    ['colour bars', 'smptebars=size=640x360'],
    ['a fractal', 'mandelbrot=size=640x360'],
    ['noise', 'color=gray:size=640x360,noise=alls=100:allf=t'],
    ['black', 'color=black:size=640x360'],
  ] as const) {
    it(`finds no face: ${what}`, async () => {
      assert.deepEqual(await find(await picture(['-f', 'lavfi', '-i', source], 'null', 640, 360)), []);
    });
  }
});
