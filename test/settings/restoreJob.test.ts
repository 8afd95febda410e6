import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { checkJob, type Job, JOB_DEFAULTS } from '../../src/settings/restoreJob';

describe('restoreJob', () => {
  const check = (changes: { readonly [K in keyof Job]?: unknown }): Job =>
    checkJob({ ...JOB_DEFAULTS, input: 'in.mp4', output: 'out.mp4', ...changes });
  const refuses = (changes: { readonly [K in keyof Job]?: unknown }, says: RegExp): void =>
    assert.throws(() => check(changes), { code: 'BAD_SETTING', message: says }, JSON.stringify(changes));

  it('accepts the defaults and makes paths absolute; a model with a slash is a path', () => {
    const job = check({ mask: 'mask.png' });
    assert.deepEqual(
      [job.input, job.output, job.mask],
      ['in.mp4', 'out.mp4', 'mask.png'].map((one) => resolve(one)),
    );
    assert.equal(job.model, 'auto');
    assert.equal(check({ model: './x4' }).model, resolve('x4'));
    assert.equal(check({ model: resolve('x4') }).model, resolve('x4'));
    assert.equal(check({ mask: null }).mask, null);
  });

  it('refuses to overwrite the input or the mask, however they are written', () => {
    refuses({ output: 'in.mp4' }, /output must be a different file from the input/);
    refuses({ output: join('a', '..', 'in.mp4') }, /output must be a different file from the input/);
    refuses({ mask: 'out.mp4' }, /output must be a different file from the mask/);
    refuses({ mask: resolve('out.mp4') }, /output must be a different file from the mask/);
  });

  it('refuses paths that are empty, no text, or have a NUL byte', () => {
    for (const name of ['input', 'output', 'mask'])
      for (const value of ['', ' ', 7, 'a\0b']) refuses({ [name]: value }, new RegExp(`${name} must be a path`));
    for (const model of ['', 7, null, 'a\0b']) refuses({ model }, /model must be the name of a model/);
    for (const name of ['input', 'output']) refuses({ [name]: undefined }, new RegExp(`${name} must be a path`));
  });

  it('refuses unknown words', () => {
    for (const name of ['noise', 'colorFix', 'faces', 'deinterlace', 'temporalDenoise', 'hwaccel', 'audio', 'codec'])
      refuses({ [name]: 'other' }, new RegExp(`${name} must be one of `));
    for (const order of [0, 4, 1.5, '1']) refuses({ order }, /order must be one of 1, 2, 3/);
    refuses({ pixelFormat: 'yuv411p' }, /pixelFormat must be one of yuv420p, .*gbrp10le\.$/);
  });

  for (const [name, low, high, others = {}] of [
    ['segment', 1, 100_000],
    ['concurrency', 1, 16],
    ['maskGrow', 0, 64],
    ['tileCache', 0, 255],
    ['batch', 1, 64],
    ['maxHeight', 16, 16_384],
    ['seed', 0, 4_294_967_295],
    ['threads', 0, 1024],
    ['device', 0, 255],
    ['steps', 1, 1000],
    ['tile', 16, 8192],
    ['overlap', 0, 4096],
    ['minFace', 8, 8192],
    ['quality', 0, 63, { codec: 'av1' }],
  ] as const) {
    it(`accepts ${name} from ${low} to ${high}, and only whole numbers`, () => {
      for (const value of [low, high]) assert.equal(check({ ...others, [name]: value })[name], value);
      for (const value of [low - 1, high + 1, low + 0.5, Number.NaN, String(low)])
        refuses({ [name]: value }, new RegExp(` must be a whole number from ${low} to ${high}\\.$`));
    });
  }

  for (const [name, low, high] of [
    ['maskTolerance', 0, 1],
    ['sequenceRate', 0.01, 1000],
    ['maxFps', 0.01, 1000],
    ['scale', 0.1, 16],
    ['strength', 0, 1],
  ] as const) {
    it(`accepts ${name} from ${low} to ${high}`, () => {
      for (const value of [low, (low + high) / 2, high]) assert.equal(check({ [name]: value })[name], value);
      for (const value of [low - 0.001, high + 0.001, Number.NaN])
        refuses({ [name]: value }, new RegExp(` must be a number from ${low} to ${high}\\.$`));
    });
  }

  it('accepts a mask colour with six digits', () => {
    assert.equal(check({ maskColor: '#00fF09' }).maskColor, '#00fF09');
    for (const maskColor of ['', '00ff09', '#00ff0', '#00ff099', '#00ff0g', 'green'])
      refuses({ maskColor }, /maskColor must be a colour like #00ff00/);
  });

  it('accepts a range that begins at 0 or later and ends after it begins', () => {
    for (const trim of [
      { start: 0, end: 0.001 },
      { start: 2, end: null },
      { start: 2, end: 2.001 },
    ])
      assert.deepEqual(check({ trim }).trim, trim);
    for (const start of [-0.001, Infinity, Number.NaN]) refuses({ trim: { start, end: null } }, /trim.start must be/);
    for (const end of [1.999, 2, Infinity, Number.NaN]) refuses({ trim: { start: 2, end } }, /trim(.end)? must /);
  });

  it('refuses unknown names within a part, instead of taking all of the video', () => {
    refuses({ trim: { from: 10, to: 20 } }, /^Unknown setting trim\.from\.$/);
    refuses({ trim: { start: 10, ends: 20 } }, /^Unknown setting trim\.ends\.$/);
    assert.deepEqual(check({ trim: { start: 10 } }).trim, { start: 10, end: null });
  });

  it('takes a part that is everything for no part', () =>
    assert.equal(check({ trim: { start: 0, end: null } }).trim, null));

  it('refuses a name that no setting has, and suggests the one that is meant', () => {
    assert.throws(() => checkJob({ input: 'in.mp4', output: 'out.mp4', overwrit: true }), {
      code: 'BAD_SETTING',
      message: 'Unknown setting overwrit.',
      remedy: 'Did you mean overwrite?',
    });
  });

  it('gives missing settings their defaults', () =>
    assert.deepEqual(checkJob({ input: 'in.mp4', output: 'out.mp4' }), check({})));

  it('takes an encoder with the codec custom, and only then; its options include the quality', () => {
    assert.equal(check({ codec: 'custom', encoder: 'libx264 -crf 18' }).encoder, 'libx264 -crf 18');
    refuses({ codec: 'custom', encoder: null }, /encoder must be set with the codec custom/);
    refuses({ codec: 'h264', encoder: 'libx264' }, /encoder must be set with the codec custom/);
    refuses({ codec: 'custom', encoder: 'libx264 -f null' }, /option “-f” is not allowed/);
    refuses({ codec: 'custom', encoder: 'libx264', quality: 18 }, /quality must be set among the options/);
  });

  it('takes the quality from the range of the codec', () => {
    for (const codec of ['h264', 'h265'] as const) {
      assert.equal(check({ codec, quality: 51 }).quality, 51);
      refuses({ codec, quality: 52 }, new RegExp(`quality must be from 0 to 51 with ${codec}\\.$`));
    }
  });

  it('refuses an output of an unknown kind', () => refuses({ output: 'out.gif' }, /unsupported extension/));
});
