import assert from 'node:assert/strict';
import { installedPackage, nodeRed4, remove, Runtime, userDirectory } from '../support/nodeRed';
import { assertNameFollows, assertPageFollows, deploy, flow } from '../support/redeploys';

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

  it('has its new name in topic, page and progress', () => assertNameFollows(red));

  it('has its new page address and its new target', () => assertPageFollows(red));

  it('one that a message started goes on with the topic of the message, and its new name', async () => {
    await red.deploy([{ id: 'tab', type: 'tab', label: 'empty' }]);
    const first = await deploy(red, flow({ in: { name: 'Yard', autostart: false } }), 'full', 'go');
    assert.deepEqual([first.topic, first.page], ['mine', '/remaster/live/yard']);
    const next = await deploy(red, flow({ in: { name: 'Garden', autostart: false } }), 'full');
    assert.deepEqual([next.topic, next.page, next.progress], ['mine', '/remaster/live/garden', 'Garden']);
    await red.inject('stop');
    await red.until(() => red.text('out') === 'stopped', 'it stops');
  });
});
