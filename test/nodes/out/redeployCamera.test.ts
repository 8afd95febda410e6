import assert from 'node:assert/strict';
import { inject, model, reporter, upscale, videoIn, videoOut } from '../support/flows';
import { type FlowNode, installedPackage, nodeRed4, remove, Runtime, userDirectory } from '../support/nodeRed';

const flow = (changes: { in?: object; out?: object }): FlowNode[] => [
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

describe('a camera after a deploy', function () {
  this.timeout(240_000);
  let red: Runtime;
  before(async () => {
    red = await Runtime.start(nodeRed4, userDirectory(await installedPackage()));
  });
  after(async () => {
    await red?.stop();
    if (red) remove(red.userDir);
  });

  /** Deploys, and returns the first result and the first progress after it. */
  async function deploy(nodes: FlowNode[], how: 'full' | 'nodes', press?: string) {
    for (const list of [red.reports, red.statuses, red.logs]) list.length = 0;
    await red.deploy(nodes, how);
    if (press !== undefined) await red.inject(press);
    await red.until(() => red.reported('result').length > 0 && red.reported('progress').length > 1, 'it runs', 60_000);
    const { topic, payload } = red.reported('result').at(-1) as { topic?: string; payload: Record<string, string> };
    return { topic, page: payload['page'], progress: red.reported('progress').at(-1)!['topic'] };
  }
  const status = async (path: string): Promise<number> => (await fetch(`${red.url}${path}/state`)).status;

  it('has its new name in topic, page and progress', async () => {
    const first = await deploy(flow({ in: { name: 'Yard' } }), 'full');
    assert.deepEqual([first.topic, first.page, first.progress], ['Yard', '/remaster/live/yard', 'Yard']);
    for (const [name, how] of [
      ['Garden', 'full'],
      ['Gate', 'nodes'],
    ] as const) {
      const next = await deploy(flow({ in: { name } }), how);
      const page = `/remaster/live/${name.toLowerCase()}`;
      assert.deepEqual([next.topic, next.page, next.progress], [name, page, name]);
      assert.deepEqual([await status(page), await status(first.page!)], [200, 404]);
    }
  });

  it('has its new page address and its new target', async () => {
    const page = await deploy(flow({ in: { name: 'Yard' }, out: { viewer: 'other' } }), 'nodes');
    assert.equal(page.page, '/remaster/live/other');
    assert.equal(await status('/remaster/live/other'), 200);
    const none = await deploy(flow({ in: { name: 'Yard' }, out: { target: 'jpeg' } }), 'nodes');
    assert.equal(none.page, undefined);
    assert.equal(await status('/remaster/live/other'), 404);
    await red.until(() => red.reported('data').length > 0, 'messages with frames');
    assert.equal(red.reported('data')[0]!['topic'], 'Yard');
  });

  it('one that a message started goes on with the topic of the message, and its new name', async () => {
    await red.deploy([{ id: 'tab', type: 'tab', label: 'empty' }]);
    const first = await deploy(flow({ in: { name: 'Yard', autostart: false } }), 'full', 'go');
    assert.deepEqual([first.topic, first.page], ['mine', '/remaster/live/yard']);
    const next = await deploy(flow({ in: { name: 'Garden', autostart: false } }), 'full');
    assert.deepEqual([next.topic, next.page, next.progress], ['mine', '/remaster/live/garden', 'Garden']);
    await red.inject('stop');
    await red.until(() => red.text('out') === 'stopped', 'it stops');
  });
});
