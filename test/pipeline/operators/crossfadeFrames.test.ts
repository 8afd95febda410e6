import assert from 'node:assert/strict';
import { from, map } from 'rxjs';
import { crossfade } from '../../../src/pipeline/frames/crossfade';
import { crossfadeFrames } from '../../../src/pipeline/operators/crossfadeFrames';
import { all } from '../../support/frames';

describe('crossfadeFrames', () => {
  const frame = (value: number) => ({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3).fill(value) });

  it('frames pass unchanged until a crossfade begins, then turn gradually into the new ones', async () => {
    const fade = crossfade();
    const values = [50, 50, 150, 150, 150, 150, 150, 150, 150, 150, 150];
    const shown = await all(
      from(values).pipe(
        map((value, index) => {
          if (index === 2) fade.begin();
          return { source: frame(10), output: frame(value) };
        }),
        crossfadeFrames(fade),
        map(({ output }) => output.data[0]!),
      ),
    );
    assert.deepEqual(shown.slice(0, 2), [50, 50]);
    const fading = shown.slice(2, 10);
    assert.ok(fading[0]! > 50 && fading[0]! < 75, fading.join());
    assert.ok(fading.every((value, i) => i === 0 || value > fading[i - 1]!) && fading.at(-1)! < 150, fading.join());
    assert.equal(shown[10], 150);
  });
});
