import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { NodeAPI } from 'node-red';
import { planOf } from '../../nodes/message/plan';
import { presetFor } from '../../nodes/message/presets';
import { parseCommandLine } from '../../src/cli/options';
import { settingsOf } from '../../src/cli/jobs';
import { layered } from '../../src/batch/layered';
import { presetOf } from '../../src/batch/presetOf';
import { type Preset, builtInPresets, findPreset } from '../../src/presets/preset';
import { PRESET_ROWS } from '../../src/presets/presetRows';
import { underFields, withPreset } from '../../src/presets/withPreset';
import { checkFramesJob } from '../../src/settings/framesJob';
import { checkImageJob } from '../../src/settings/imageJob';
import { checkJob, JOB_DEFAULTS } from '../../src/settings/restoreJob';
import type { Rows } from '../../src/settings/row';
import { FRAMES_ROWS, IMAGE_ROWS, LIVE_ROWS } from '../../src/settings/table';
import { TRY_ROWS } from '../../src/settings/tryJob';
import { RESTORE_ROWS } from '../../src/settings/videoRows';

const findBuiltIn = (name: string): Preset => builtInPresets().find((preset) => preset.name === name)!;
const paths = { input: '/in/a.mkv', output: '/out/a.mkv' };
const names = builtInPresets().map(({ name }) => name);

/** Options that say something else than the presets. */
const EXPLICIT = {
  deinterlace: ['off', '--deinterlace', 'off'],
  crop: ['bottom=2', '--crop', 'bottom=2'],
  model: ['x4-dossr', '--model', 'x4-dossr'],
  codec: ['h265', '--codec', 'h265'],
  temporalDenoise: ['high', '--temporal-denoise', 'high'],
  maxFps: [7, '--max-fps', '7'],
} as const;
type Name = keyof typeof EXPLICIT;
const some = fc.subarray(Object.keys(EXPLICIT) as Name[]);

describe('withPreset', () => {
  it('lays a preset under the given settings: command line, library, message and dialog agree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), some, async (preset, given) => {
        const explicit = Object.fromEntries(given.map((name) => [name, EXPLICIT[name][0]]));
        const library = checkJob(withPreset(RESTORE_ROWS, { ...paths, ...explicit, preset }));

        const args = given.flatMap((name) => EXPLICIT[name].slice(1).map(String));
        const { values } = parseCommandLine(['restore', 'a', 'b', '--preset', preset, ...args]);
        const options = { ...settingsOf(RESTORE_ROWS, values), preset: await findPreset(values['preset'] as string) };
        assert.deepEqual(checkJob(withPreset(RESTORE_ROWS, { ...options, ...paths })), library);

        const RED = { settings: { userDir: '/nowhere' } } as unknown as NodeAPI;
        const named = await presetFor(RED, preset);
        const sent = planOf(JSON.parse(JSON.stringify({ video: planWith(named!) })) as Record<string, unknown>).preset;
        assert.deepEqual(sent, named);
        // The dialogs have all settings; those with their defaults leave them to the preset.
        const fields = { ...JOB_DEFAULTS, ...explicit };
        const dialog = checkJob({ ...underFields(RESTORE_ROWS, fields, sent), ...paths, preset });
        assert.deepEqual(dialog, library);
      }),
      { numRuns: 30 },
    );
  });

  const planWith = (preset: Preset) => ({
    ...{ version: 1, id: 'a', kind: 'file', stages: [], preset },
    source: { node: 'n', label: 'a.mkv', path: '/in/a.mkv', info: { width: 720, height: 576, fps: 25 } },
  });

  it('given settings beat the preset, also when it is a default or null', () => {
    const job = checkJob(withPreset(RESTORE_ROWS, { ...paths, preset: 'vhs-pal', deinterlace: 'auto', crop: null }));
    assert.deepEqual([job.deinterlace, job.crop, job.aspect, job.preset], ['auto', null, '4:3', 'vhs-pal']);
    const unsaid = checkJob(withPreset(RESTORE_ROWS, { ...paths, preset: 'vhs-pal', deinterlace: undefined }));
    assert.equal(unsaid.deinterlace, 'double');
  });

  it('with another codec, the quality and the pixel format of the preset are left out', () => {
    const screen = (given: object) => checkJob(withPreset(RESTORE_ROWS, { ...paths, preset: 'screen', ...given }));
    const seen = ({ codec, quality, pixelFormat }: ReturnType<typeof screen>) => [codec, quality, pixelFormat];
    assert.deepEqual(seen(screen({ codec: 'h264' })), ['h264', 14, 'yuv444p']);
    assert.deepEqual(seen(screen({ codec: 'png', output: '/out/a' })), ['png', null, null]);
    const fields = { ...JOB_DEFAULTS, codec: 'prores' };
    const dialog = checkJob({
      ...underFields(RESTORE_ROWS, fields, findBuiltIn('screen')),
      ...paths,
      output: '/out/a.mov',
    });
    assert.deepEqual(seen(dialog), ['prores', null, null]);
    assert.deepEqual(layered(presetOf('screen'), { codec: 'ffv1' }).pixelFormat, undefined);
  });

  it('without a preset nothing changes', () => {
    assert.deepEqual(checkJob(withPreset(RESTORE_ROWS, { ...paths, preset: undefined })), checkJob(paths));
    assert.deepEqual(checkJob(withPreset(RESTORE_ROWS, { ...paths, preset: null })), checkJob(paths));
  });

  it('every preset is a valid job of each kind, which takes the settings that it has', () => {
    for (const preset of names) {
      checkJob(withPreset(RESTORE_ROWS, { ...paths, output: '/out/a.mkv', preset }));
      checkImageJob(withPreset(IMAGE_ROWS, { preset }));
      checkFramesJob(withPreset(FRAMES_ROWS, { input: '/in/a.mkv', preset }));
    }
  });

  const all: Preset = {
    ...{ format: 1, name: 'all' },
    settings: {
      deinterlace: 'double',
      quality: 12,
      crop: 'auto',
      scale: 2,
      overload: 'drop',
      codec: 'ffv1',
      maxFps: 9,
    },
  };
  const KINDS: readonly (readonly [string, Rows, readonly string[]])[] = [
    ['a video', RESTORE_ROWS, ['deinterlace', 'quality', 'crop', 'scale', 'codec', 'maxFps']],
    ['frames of a video', FRAMES_ROWS, ['deinterlace', 'crop', 'scale', 'maxFps']], // their quality is that of a JPEG
    ['a try', TRY_ROWS, ['deinterlace', 'crop', 'scale', 'maxFps']],
    ['an image', IMAGE_ROWS, ['scale']],
    ['a camera', LIVE_ROWS, ['quality', 'scale', 'overload', 'maxFps']], // its fields become frames
  ];
  for (const [kind, rows, taken] of KINDS)
    it(`${kind} takes ${taken.join(', ')}`, () => {
      assert.deepEqual(Object.keys(withPreset(rows, { preset: all })).toSorted(), [...taken, 'preset'].toSorted());
    });

  it('no setting of a preset is a path, a login or of one machine', () => {
    const forbidden =
      /input|output|mask|encoder|path|user|password|address|folder|provider|device|thread|overwrite|discard/i;
    for (const [name, { kind }] of Object.entries(PRESET_ROWS))
      assert.ok(kind !== ('path' as string) && !forbidden.test(name), name);
  });
});
