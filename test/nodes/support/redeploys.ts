import assert from 'node:assert/strict';
import { inject, model, reporter, upscale, videoIn, videoOut } from './flows';
import type { FlowNode, Runtime } from './nodeRed';

/** A camera that starts with the flow. */
export const flow = (changes: { in?: object; out?: object }): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  model(),
  inject('go', ['in'], { topic: 'mine' }),
  inject('stop', ['out'], { action: 'stop' }),
  videoIn({ source: 'pattern', size: '64x36', rate: '8', autostart: true, ...changes.in }),
  upscale(),
  videoOut({
    ...{ target: 'mjpeg', outputs: 3, folder: '', viewer: '{name}', ...changes.out },
    wires: [['result'], ['progress'], ['data']],
  }),
  ...['result', 'progress', 'data'].map((id) => reporter(id)),
];

/** Deploys a camera, and returns the first result and the first progress after it. */
export async function deploy(red: Runtime, nodes: FlowNode[], how: 'full' | 'nodes', press?: string) {
  for (const list of [red.reports, red.statuses, red.logs]) list.length = 0;
  await red.deploy(nodes, how);
  if (press !== undefined) await red.inject(press);
  await red.until(() => red.reported('result').length > 0 && red.reported('progress').length > 1, 'it runs', 60_000);
  const { topic, payload } = red.reported('result').at(-1) as { topic?: string; payload: Record<string, string> };
  return { topic, page: payload['page'], progress: red.reported('progress').at(-1)!['topic'] };
}

const status = async (red: Runtime, path: string): Promise<number> =>
  (await fetch(`${red.url}${path}/state`, { headers: red.headers })).status;

/** Topic, page and progress of a camera have its new name after each deploy. */
export async function assertNameFollows(red: Runtime): Promise<void> {
  const first = await deploy(red, flow({ in: { name: 'Yard' } }), 'full');
  assert.deepEqual([first.topic, first.page, first.progress], ['Yard', '/remaster/live/yard', 'Yard']);
  for (const [name, how] of [
    ['Garden', 'full'],
    ['Gate', 'nodes'],
  ] as const) {
    const next = await deploy(red, flow({ in: { name } }), how);
    const page = `/remaster/live/${name.toLowerCase()}`;
    assert.deepEqual([next.topic, next.page, next.progress], [name, page, name]);
    assert.deepEqual([await status(red, page), await status(red, first.page!)], [200, 404]);
  }
}

/** So do the address of its page and its target. */
export async function assertPageFollows(red: Runtime): Promise<void> {
  const page = await deploy(red, flow({ in: { name: 'Yard' }, out: { viewer: 'other' } }), 'nodes');
  assert.equal(page.page, '/remaster/live/other');
  assert.equal(await status(red, '/remaster/live/other'), 200);
  const none = await deploy(red, flow({ in: { name: 'Yard' }, out: { target: 'jpeg' } }), 'nodes');
  assert.equal(none.page, undefined);
  assert.equal(await status(red, '/remaster/live/other'), 404);
  await red.until(() => red.reported('data').length > 0, 'messages with frames');
  assert.equal(red.reported('data')[0]!['topic'], 'Yard');
}
