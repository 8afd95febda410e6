import assert from 'node:assert/strict';
import { planOf, type Plan } from '../../../nodes/message/plan';

const plan: Plan = {
  version: 1,
  id: 'a1b2',
  kind: 'file',
  source: {
    node: 'n1',
    label: 'tape07.mov',
    path: '/in/tape07.mov',
    info: {
      width: 720,
      height: 576,
      fps: 25,
      frames: 45_000,
      duration: 1800,
      interlaced: true,
      audio: true,
      codec: 'dvvideo',
      bitDepth: 8,
    },
    trim: { start: 0, end: 10 },
    ...{ deinterlace: 'auto', fieldOrder: 'auto', crop: null, aspect: 'auto' },
    sequenceRate: 25,
    maxFps: null,
    maxHeight: null,
    hwaccel: 'off',
  },
  stages: [
    {
      node: 'n2',
      op: 'upscale',
      model: 'x4',
      scale: 4,
      steps: null,
      order: null,
      strength: 1,
      noise: 'shared',
      seed: 1,
      colorFix: null,
      temporalDenoise: 'off',
      faces: null,
      minFace: null,
      mask: null,
      maskColor: null,
      maskTolerance: null,
      maskGrow: null,
      tileCache: 0,
      tile: null,
    },
  ],
};

/** The plan with one field changed, copied through JSON like a message. */
function changed(path: string, value: unknown): { video: unknown } {
  const video = JSON.parse(JSON.stringify(plan)) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop()!;
  let at = video;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = value;
  return { video };
}

describe('plan', () => {
  it('survives a copy through JSON', () => {
    assert.deepEqual(planOf({ video: JSON.parse(JSON.stringify(plan)) }), plan);
  });

  it('fills in missing fields of an older plan', () => {
    const video = JSON.parse(JSON.stringify(plan)) as { source: Record<string, unknown>; stages: unknown[] };
    delete video.source['trim'];
    for (const field of ['deinterlace', 'sequenceRate', 'maxFps', 'maxHeight', 'hwaccel']) delete video.source[field];
    video.stages = [{ node: 'n2', op: 'upscale', model: 'x4', scale: 4 }];
    const { source, stages } = planOf({ video });
    assert.deepEqual({ ...source, trim: plan.source.trim }, plan.source);
    assert.deepEqual([source.trim, stages], [null, plan.stages]);
  });

  it('drops unknown fields', () => {
    const { video } = changed('source.ffmpegArgs', ['-f', 'null']);
    assert.deepEqual(planOf({ video }), plan);
  });

  it('keeps only the file name of a label', () => {
    assert.equal(planOf(changed('source.label', '../../etc/passwd')).source.label, 'passwd');
    assert.equal(planOf(changed('source.label', '..\\..\\boot.ini')).source.label, 'boot.ini');
  });

  const bad: [string, unknown][] = [
    ['version', 2],
    ['version', '1'],
    ['kind', 'live'],
    ['kind', 'dance'],
    ['id', ''],
    ['id', 7],
    ['source', null],
    ['source', []],
    ['source.node', undefined],
    ['source.path', ['/etc/passwd']],
    ['source.path', 'x'.repeat(5000)],
    ['source.info', 'big'],
    ['source.info.width', -1],
    ['source.info.width', NaN],
    ['source.info.fps', '25'],
    ['source.trim', { start: -1 }],
    ['source.trim', { start: 5, end: 5 }],
    ['source.deinterlace', 'maybe'],
    ['stages', {}],
    ['stages', Array.from({ length: 17 }, () => plan.stages[0])],
    ['stages.0', 'upscale'],
    ['stages.0.op', 'delete'],
    ['stages.0.node', ''],
    ['stages.0.model', {}],
    ['stages.0.steps', 1.5],
    ['stages.0.strength', 2],
    ['stages.0.noise', 'loud'],
    ['stages.0.seed', -1],
    ['stages.0.tile', 0],
    ['stages.0.scale', 0],
    ['stages.0.order', 4],
    ['stages.0.order', '1'],
    ['stages.0.colorFix', 'lab'],
    ['stages.0.temporalDenoise', 'very'],
    ['stages.0.faces', 'all'],
    ['stages.0.minFace', 2],
    ['stages.0.mask', ''],
    ['stages.0.maskColor', 'green'],
    ['stages.0.maskTolerance', 2],
    ['stages.0.maskGrow', -1],
    ['stages.0.tileCache', 300],
    ['source.maxFps', 0],
    ['source.sequenceRate', 0],
    ['source.maxHeight', 4.5],
    ['source.hwaccel', '-f'],
  ];
  for (const [path, value] of bad) {
    it(`rejects ${path} = ${JSON.stringify(value)?.slice(0, 40)}`, () => {
      assert.throws(() => planOf(changed(path, value)), { code: 'PLAN_INVALID' });
    });
  }
  for (const video of [[], 'x', 4, true]) {
    it(`rejects ${JSON.stringify(video)} instead of a plan`, () => {
      assert.throws(() => planOf({ video }), { code: 'PLAN_INVALID' });
    });
  }

  it('names the invalid field and its value', () => {
    assert.throws(() => planOf(changed('stages.0.strength', 2)), /msg\.video\.stages\[0\]\.strength is 2/);
  });

  it('distinguishes a message without a plan from one with an image', () => {
    assert.throws(() => planOf({ payload: 'x' }), { code: 'NO_PLAN', message: /msg\.video is missing/ });
    for (const head of ['ffd8ffe0', '89504e470d0a1a0a', '524946460000000057454250']) {
      assert.throws(() => planOf({ payload: Buffer.from(head, 'hex') }), { code: 'NO_PLAN', message: /single image/ });
    }
  });
});
