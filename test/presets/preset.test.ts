import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  builtInPreset,
  builtInPresets,
  checkPreset,
  findPreset,
  MAX_PRESET,
  parsePreset,
} from '../../src/presets/preset';
import { PRESET_ROWS } from '../../src/presets/presetRows';
import { root } from '../support/root';
import { scratchFolder } from '../support/videos';

const NAMES = [
  ...['16mm-scan', '8mm', 'camera-day', 'camera-night', 'dv', 'dvd-ntsc', 'dvd-pal', 'screen', 'vhs-ntsc', 'vhs-pal'],
  'web-small',
];
const plain = { format: 1, name: 'mine', settings: {} };

describe('presets', () => {
  const folder = scratchFolder();

  it('of the package: each is named like its file, and says what it is for', () => {
    const all = builtInPresets();
    assert.deepEqual(all.map(({ name }) => name), NAMES); // prettier-ignore
    for (const { title, about, settings } of all)
      assert.ok(title && about && about.length > 30 && Object.keys(settings).length > 2);
  });

  it('are found by name or file', async () => {
    const path = join(folder, 'mine.json');
    writeFileSync(path, JSON.stringify({ ...plain, settings: { scale: 2 } }));
    assert.deepEqual((await findPreset(path)).settings, { scale: 2 });
    assert.equal((await findPreset('dv')).name, 'dv');
    await assert.rejects(findPreset('vhs-pl'), { code: 'BAD_SETTING', remedy: /Did you mean vhs-pal\?/ });
    await assert.rejects(findPreset(join(folder, 'none.json')), { code: 'BAD_SETTING', message: /cannot be read/ });
    assert.throws(() => builtInPreset('../package'), { code: 'BAD_SETTING' });
  });

  it('a file that is too large is not read, and one that is not JSON says so', async () => {
    const path = join(folder, 'large.json');
    writeFileSync(path, JSON.stringify({ ...plain, about: 'a'.repeat(MAX_PRESET) }));
    await assert.rejects(findPreset(path), { code: 'BAD_SETTING', message: /larger than 64 KiB/ });
    assert.throws(() => parsePreset('{', 'mine.json'), { code: 'BAD_SETTING', message: /mine\.json is not JSON/ });
    mkdirSync(join(folder, 'folder.json'));
    await assert.rejects(findPreset(join(folder, 'folder.json')), { code: 'BAD_SETTING' });
  });

  const REFUSED: readonly (readonly [why: string, preset: unknown, words: RegExp])[] = [
    ...[
      'input',
      'output',
      'mask',
      'encoder',
      'overwrite',
      'discard',
      'resume',
      'trim',
      'provider',
      'threads',
      'source',
    ].map((name) => [name, { ...plain, settings: { [name]: 'x' } }, /may not have the setting/] as const),
    ['a path as a model', { ...plain, settings: { model: '/tmp/model' } }, /settings\.model/],
    ['a model above its folder', { ...plain, settings: { model: '..' } }, /settings\.model/],
    ['a path as a fallback model', { ...plain, settings: { fallbackModel: 'a/b' } }, /settings\.fallbackModel/],
    ['an encoder of ffmpeg', { ...plain, settings: { codec: 'custom' } }, /settings\.codec/],
    ['a value out of range', { ...plain, settings: { maxFps: 0 } }, /settings\.maxFps/],
    ['a crop that is none', { ...plain, settings: { crop: 'auto; rm' } }, /crop/],
    ['a misspelt setting', { ...plain, settings: { deinterlaced: 'on' } }, /did you mean deinterlace\?/],
    ['another field', { ...plain, url: 'http://example.com' }, /unknown field “url”/],
    ['a name that is a path', { ...plain, name: '../mine' }, /wrong name/],
    ['no name', { format: 1, settings: {} }, /lacks the field “name”/],
    ['another format', { ...plain, format: 2 }, /wrong format/],
    ['a text', 'vhs', /wrong form/],
    ['a list', [plain], /wrong form/],
    ['a prototype', { ...plain, settings: JSON.parse('{"__proto__": {"output": "x"}}') as object }, /__proto__/],
  ];
  for (const [why, preset, words] of REFUSED)
    it(`refuses ${why}`, () => {
      assert.throws(() => checkPreset(preset), { code: 'BAD_SETTING', message: words });
    });

  it('anything else is a preset with settings of the list, or an error with a code', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('auto', 'double', 2, null, true));
    const settings = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(PRESET_ROWS)), fc.string()), value);
    fc.assert(
      fc.property(settings, (given) => {
        try {
          const preset = checkPreset({ ...plain, settings: given });
          assert.ok(Object.keys(preset.settings).every((name) => Object.hasOwn(PRESET_ROWS, name)));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'BAD_SETTING', String(error));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('docs/presets.md has a section for each', async () => {
    const { readFileSync } = await import('node:fs');
    const page = readFileSync(join(root, 'docs/presets.md'), 'utf8');
    for (const name of NAMES) assert.match(page, new RegExp(`^## ${name}$`, 'm'));
  });
});
