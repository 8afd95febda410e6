import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertGuarded, camera, FRAMES, head, PAGE, withUsers } from '../support/livePage';
import { installedPackage, nodeRed4, remove, Runtime, userDirectory } from '../support/nodeRed';

describe('live pages', function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    folder = userDirectory(await installedPackage());
  });
  after(() => remove(folder));

  async function withCamera(
    settings: Readonly<Record<string, unknown>>,
    out: Readonly<Record<string, unknown>>,
    use: (red: Runtime) => Promise<void>,
  ): Promise<void> {
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(camera(out)));
    await using red = await Runtime.start(nodeRed4, folder, settings);
    await red.until(() => red.text('out') !== '' && /fps/.test(red.text('out')), 'the camera runs', 60_000);
    await use(red);
  }

  it('where the editor needs a login, frames need permission to read jobs, or a ticket for the page', () =>
    withCamera(withUsers(), {}, assertGuarded));

  it('a public page needs no login', () =>
    withCamera(withUsers(), { public: true }, async (red) => {
      for (const path of ['/image', '/mjpeg', '/state', '/'])
        assert.equal((await head(red.url + PAGE + path)).code, 200, path);
    }));

  it('without an editor no one can log in, and only public pages are shown', () =>
    withCamera({ ...withUsers(), httpAdminRoot: false }, {}, async (red) => {
      for (const path of FRAMES) assert.equal((await head(red.url + PAGE + path)).code, 403, path);
    }));

  it('a login for the pages of flows is enough', () =>
    withCamera({ ...withUsers(), httpNodeAuth: { user: 'me', pass: 'x' } }, {}, async (red) => {
      assert.equal((await head(`${red.url}${PAGE}/image`)).code, 200); // an embedding application asks for it
    }));

  it('another site can neither read, show nor call them; its link opens a page', () =>
    withCamera({}, {}, async (red) => {
      const other = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://other.example' };
      for (const path of [...FRAMES.map((one) => PAGE + one), '/remaster/jobs', '/remaster/models']) {
        assert.equal((await head(red.url + path, other)).code, 403, path);
        const own = await head(red.url + path, { Origin: 'https://other.example' });
        assert.equal(own.headers['access-control-allow-origin'], undefined, path);
        assert.match(String(own.headers['content-security-policy']), /frame-ancestors 'self'$/, path);
        assert.equal(own.headers['cross-origin-resource-policy'], 'same-site', path);
      }
      const visit = { ...other, 'Sec-Fetch-Mode': 'navigate' };
      assert.equal((await head(`${red.url}${PAGE}/`, { ...visit, 'Sec-Fetch-Dest': 'iframe' })).code, 403);
      assert.equal((await head(`${red.url}${PAGE}/`, { ...visit, 'Sec-Fetch-Dest': 'document' })).code, 200);
      assert.equal(
        (await head(`${red.url}/remaster/test`, { ...visit, 'Sec-Fetch-Dest': 'document' }, 'POST')).code,
        403,
      );
      assert.equal((await head(`${red.url}${PAGE}/image`, { 'Sec-Fetch-Site': 'same-origin' })).code, 200);
    }));
});
