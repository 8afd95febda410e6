import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertBatch } from './support/batches';
import { assertHidden, SECRETS } from './support/hiddenVariables';
import { assertGuarded, camera, tokenOf, withUsers } from './support/livePage';
import { installedPackage, nodeRed5, remove, Runtime, userDirectory } from './support/nodeRed';
import { assertNameFollows, assertPageFollows } from './support/redeploys';

/** What other files test on Node-RED 4; here in one process, because each start takes long. */
describe('Node-RED 5', function () {
  this.timeout(240_000);
  let red: Runtime;
  before(async () => {
    Object.assign(process.env, SECRETS);
    const folder = userDirectory(await installedPackage());
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(camera()));
    red = await Runtime.start(await nodeRed5(), folder, withUsers());
    red.headers = await tokenOf(red, 'admin');
    await red.until(() => /fps/.test(red.text('out')), 'the camera runs', 60_000);
  });
  after(async () => {
    for (const name of Object.keys(SECRETS)) delete process.env[name];
    await red?.stop();
    if (red) remove(red.userDir);
  });

  it('live pages need permission to read jobs, or a ticket', () => assertGuarded(red));

  it('a camera has its new name in topic, page and progress after a deploy', () => assertNameFollows(red));

  it('a camera has its new page address and its new target after a deploy', () => assertPageFollows(red));

  it('a batch restores its files, lists a failure, and skips finished files', () => assertBatch(red));

  it('errors do not repeat the values of environment variables', () => assertHidden(red));
});
