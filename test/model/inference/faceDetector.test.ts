import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../src/errors';
import { loadFaceDetector } from '../../../src/model/inference/faceDetector';
import { describeRuntime, openFaceFinder } from '../../../src/model/inference/openModel';
import { loadRuntime } from '../../../src/model/inference/runtime';
import { yunetDecode, type YunetGrid } from '../../../src/model/inference/yunetDecode';
import { withFolder } from '../../support/tinyBundle';

/** A grid in which only some cells detect a face: [cell, score, offset in units of the stride]. */
function grid(stride: number, cells: readonly (readonly [number, number, number])[]): YunetGrid {
  const columns = 20;
  const count = columns * 20;
  const made = {
    stride,
    columns,
    face: floats(count),
    object: floats(count),
    box: floats(4 * count),
    points: floats(10 * count),
  };
  for (const [cell, sure, shift] of cells) {
    made.face[cell] = sure;
    made.object[cell] = 1;
    made.box.set([shift, shift, Math.log(4), Math.log(6)], 4 * cell);
    made.points.set([-1, -1, 1, -1, 0, 0, -1, 1, 1, 1], 10 * cell);
  }
  return made;
}
const floats = (length: number): Float32Array => new Float32Array(length);

describe('faceDetector', () => {
  const never = new AbortController().signal;

  it('decodes boxes and landmarks in units of the stride, relative to the corner of the cell', () => {
    const [face, ...others] = yunetDecode([grid(8, [[5 * 20 + 3, 0.75, 0.5]])], 0.6);
    assert.deepEqual(others, []);
    assert.equal(face!.score, 0.75);
    const { left, top, right, bottom } = face!.box;
    for (const [found, wanted] of [
      [left, 28 - 16],
      [right, 28 + 16],
      [top, 44 - 24],
      [bottom, 44 + 24],
    ] as const)
      assert.ok(Math.abs(found - wanted) < 1e-4);
    assert.deepEqual(face!.landmarks, [
      [16, 32],
      [32, 32],
      [24, 40],
      [16, 48],
      [32, 48],
    ]);
  });

  it('averages cells of the same face by score and returns faces by descending score', () => {
    const cells = [
      [42, 0.6, 0],
      [43, 0.8, -1],
      [250, 0.9, 0],
      [251, 0.59, 0],
    ] as const;
    const faces = yunetDecode([grid(16, cells)], 0.6);
    assert.deepEqual(
      faces.map(({ score }) => Math.round(score * 100) / 100),
      [0.9, 0.8],
    );
    const x = (cell: number): number => (cell % 20) * 16 - 16;
    assert.ok(Math.abs(faces[1]!.landmarks[0]![0] - (0.6 * x(42) + 0.8 * x(43)) / 1.4) < 1e-4);
    assert.equal(faces[0]!.landmarks[0]![0], x(250));
  });

  it('merges a face that two strides detect', () => {
    assert.equal(yunetDecode([grid(8, [[4 * 20 + 4, 0.7, 0]]), grid(16, [])], 0.6).length, 1);
    const coarse = { ...grid(16, [[2 * 20 + 2, 0.8, 0]]) };
    for (let i = 0; i < 4 * 400; i += 4) coarse.box.set([0, 0, Math.log(2), Math.log(3)], i);
    assert.equal(yunetDecode([grid(8, [[4 * 20 + 4, 0.7, 0]]), coarse], 0.6).length, 1);
  });

  it('accepts images of any size, down to one pixel', async () => {
    await using finder = openFaceFinder();
    for (const [width, height] of [
      [1, 1],
      [33, 7],
      [64, 32],
    ] as const) {
      const data = new Uint8Array(width * height * 3).fill(90);
      assert.deepEqual(await finder.find({ width, height, data }, never), []);
    }
  });

  it('rejects at once on abort, and the thread ends afterwards', async () => {
    const abort = new AbortController();
    {
      await using finder = openFaceFinder();
      const found = finder.find({ width: 640, height: 480, data: new Uint8Array(640 * 480 * 3) }, abort.signal);
      abort.abort(new Error('enough'));
      await assert.rejects(found, /enough/);
    }
    assert.equal((await describeRuntime()).problem, null); // a new thread, because the old one has ended
  });

  it('reports a missing or damaged model file', () =>
    withFolder(async (folder) => {
      const load = (name: string) => loadFaceDetector(loadRuntime(), join(folder, name));
      await assert.rejects(
        load('none.onnx'),
        (e: RemasterError) => e.code === 'MODEL_NOT_FOUND' && /none\.onnx/.test(e.message),
      );
      await writeFile(join(folder, 'half.onnx'), 'half');
      await assert.rejects(
        load('half.onnx'),
        (e: RemasterError) => e.code === 'MODEL_INVALID' && /sha256/.test(e.message),
      );
    }));
});
