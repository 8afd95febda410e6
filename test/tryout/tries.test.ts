import assert from 'node:assert/strict';
import type { Engine } from '../../src/engine/client/engine';
import { commandLine } from '../../src/tryout/commandLine';
import { placesIn } from '../../src/tryout/places';
import { quickTries } from '../../src/tryout/quickTries';
import { triesOf } from '../../src/tryout/tries';
import type { ModelSummary } from '../../src/model/bundle/modelLibrary';

const model = (name: string, changes: Partial<ModelSummary> = {}): ModelSummary => ({
  ...{ name, path: `/models/${name}`, title: `for ${name}`, system: 'resshift', task: 'upscale', scale: 2, steps: 1 },
  ...{ licence: 'free', bytes: 1, isResearch: false, notes: [], suspect: null, problem: null, ...changes },
});

describe('the tries of a video', () => {
  const models = [
    model('x2'),
    model('x4', { steps: 4 }),
    model('inpaint', { task: 'inpaint' }),
    model('face', { task: 'face' }),
    model('proof', { isResearch: true }),
    model('broken', { problem: { code: 'MODEL_INVALID', message: 'no', remedy: '', detail: '' } }),
  ];

  it('are the model that suits the source, and all others that are for whole frames and for use', () => {
    const tries = triesOf(models, 'x4', null);
    assert.deepEqual(
      tries.map(({ name, model: of, steps, isWanted, title }) => [name, of, steps, isWanted, title]),
      [
        ['x4 · 1', 'x4', 1, true, 'for x4'], // what four steps are worth is seen beside one
        ['x4', 'x4', null, true, 'for x4'],
        ['x2', 'x2', null, false, 'for x2'],
      ],
    );
  });

  it('can do the scale, or fill', () => {
    const names = (first: string, wants: Parameters<typeof triesOf>[3]): readonly string[] => {
      const able = models.map((one) => (one.name === 'x4' ? { ...one, scale: 4 } : one));
      return triesOf(able, first, null, wants).map(({ name }) => name);
    };
    assert.deepEqual(names('x4', { scale: 4, isMasked: false }), ['x4 · 1', 'x4']);
    assert.deepEqual(names('x4', { scale: 2, isMasked: false }), ['x4 · 1', 'x4', 'x2']);
    assert.deepEqual(names('inpaint', { scale: null, isMasked: true }), ['inpaint']);
  });

  it('leave out a model that cannot be timed and say why, but not one that is named', async () => {
    const engine = {
      async ask(_: 'test', { model: name }: { readonly model: string }) {
        if (name === 'x2') throw new Error('no memory');
        return { ms: name === 'slow' ? 400_000 : 1, tile: [10, 10] };
      },
    } as unknown as Engine;
    const one = (name: string, isWanted: boolean) => ({ name, model: name, steps: null, title: '', isWanted });
    const all = [one('x4', true), one('x2', false), one('slow', false), one('x4-live', false)];
    const choice = { provider: 'auto', device: 0, threads: 0, loadLimit: null } as const;
    const { tries, left, untimed } = await quickTries(engine, all, choice, 100, undefined);
    assert.deepEqual(untimed, [{ name: 'x2', reason: 'no memory' }]);
    assert.deepEqual([tries.map(({ name }) => name), left], [['x4', 'x4-live'], [{ name: 'slow', seconds: 400 }]]);
    const stopped = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(quickTries(engine, all, choice, 100, stopped), /stopped/);
  });

  it('are those that are named, with steps', () => {
    assert.deepEqual(
      triesOf(models, '', 'x2, x4:2,./my/own').map(({ name, model: of, steps, isWanted }) => [
        name,
        of,
        steps,
        isWanted,
      ]),
      [
        ['x2', 'x2', null, true],
        ['x4 · 2', 'x4', 2, true],
        ['own', './my/own', null, true],
      ],
    );
    for (const list of ['', 'x2,,x4', 'x2,x2', ' , '])
      assert.throws(() => triesOf(models, '', list), { code: 'BAD_SETTING' }, list);
  });

  it('come from three places, not from the ends', () => {
    assert.deepEqual(placesIn({ duration: 60 }, { trim: null, seconds: 2 }), [
      { start: 9, end: 11 },
      { start: 29, end: 31 },
      { start: 49, end: 51 },
    ]);
    assert.deepEqual(placesIn({ duration: 600 }, { trim: { start: 100, end: 160 }, seconds: 2 })[1], {
      start: 129,
      end: 131,
    });
  });

  it('come from the start where the video is short or its length is unknown', () => {
    assert.deepEqual(placesIn({ duration: 5 }, { trim: null, seconds: 2 }), [{ start: 0, end: 2 }]);
    assert.deepEqual(placesIn({ duration: 1 }, { trim: null, seconds: 2 }), [{ start: 0, end: 1 }]);
    assert.deepEqual(placesIn({ duration: null }, { trim: { start: 3, end: null }, seconds: 2 }), [
      { start: 3, end: 5 },
    ]);
  });

  it('have a command to copy into a shell', () => {
    const x4 = { model: 'x4', steps: 1 };
    assert.equal(
      commandLine('restore', '/in/tape 07.mov', x4, ['--max-fps', '25']),
      "remaster restore '/in/tape 07.mov' 'tape 07.x4.mp4' --model x4 --steps 1 --max-fps 25",
    );
    assert.equal(
      commandLine('image', "-it's.jpg", { model: '/my/own', steps: null }),
      "remaster image '-it'\\''s.jpg' '-it'\\''s.own.png' --model /my/own",
    );
  });
});
