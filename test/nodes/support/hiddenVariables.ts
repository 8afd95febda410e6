import assert from 'node:assert/strict';
import { inject, model, reporter, upscale, videoIn, videoOut } from './flows';
import type { FlowNode, Runtime } from './nodeRed';

/** In the environment of Node-RED while `assertHidden` runs. */
export const SECRETS = {
  REMASTER_TEST_PATH: '/nowhere/correct horse/battery.mp4',
  REMASTER_TEST_MODEL: 'staple.model',
} as const;

const flow = (name: 'path' | 'model', written: string, type: string): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  model(name === 'model' ? { model: written, modelType: type, preload: true } : {}),
  inject('go', ['in']),
  videoIn(name === 'path' ? { path: written, pathType: type } : { source: 'sample' }),
  upscale(),
  videoOut(),
  { id: 'catch', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']], x: 1, y: 1 },
  reporter('caught'),
];

/** Errors about a path and a model name the variable, whichever way the setting names it, and never repeat its value. */
export async function assertHidden(red: Runtime): Promise<void> {
  for (const [name, variable, code] of [
    ['path', 'REMASTER_TEST_PATH', 'SOURCE_NOT_FOUND'],
    ['model', 'REMASTER_TEST_MODEL', 'MODEL_NOT_FOUND'],
  ] as const) {
    for (const [written, type] of [
      [variable, 'env'],
      [`\${${variable}}`, 'str'],
    ] as const) {
      for (const list of [red.reports, red.statuses, red.logs]) list.length = 0;
      await red.deploy(flow(name, written, type));
      await red.inject('go');
      await red.until(() => red.reported('caught').length > 0, `${written} fails`);
      if (name === 'model') await red.until(() => red.logs.length > 0, 'the model is not loaded in advance');
      const { error } = red.reported('caught')[0] as { error: { message: string } };
      assert.ok(error.message.includes(`\${${variable}}`) && error.message.startsWith(code), error.message);
      const said = JSON.stringify([red.reports, red.logs]); // a status names the model
      for (const secret of [...Object.values(SECRETS), 'battery']) assert.ok(!said.includes(secret), said);
    }
  }
}
