import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeClip } from '../support/clip';
import { installedPackage, nodeRed4, remove, Runtime, userDirectory } from '../support/nodeRed';

/** Presets are listed with read permission, and kept with write permission. */
async function presetsOf(url: string, master: string, guest: string): Promise<void> {
  const ask = (token: string | null, method = 'GET', body?: unknown, name = ''): Promise<Response> =>
    fetch(`${url}/remaster/presets${name}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token !== null && { Authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const namesFor = async (token: string): Promise<string[]> =>
    ((await (await ask(token)).json()) as { name: string }[]).map(({ name }) => name);
  const mine = { format: 1, name: 'mine', title: 'Mine', settings: { scale: 2 } };
  assert.equal((await ask(null)).status, 401);
  assert.ok((await namesFor(guest)).includes('vhs-pal'));
  assert.equal((await ask(guest, 'POST', mine)).status, 401);
  assert.equal((await ask(master, 'POST', mine)).status, 200);
  assert.ok((await namesFor(guest)).includes('mine'));
  for (const bad of [
    { ...mine, name: 'vhs-pal' },
    { ...mine, name: '../mine' },
    { ...mine, settings: { output: '/etc/passwd' } },
    { ...mine, about: 'a'.repeat(70_000) },
    null,
  ])
    assert.equal((await ask(master, 'POST', bad)).status, 400, JSON.stringify(bad).slice(0, 80));
  assert.equal((await ask(guest, 'DELETE', undefined, '/mine')).status, 401);
  assert.equal((await ask(master, 'DELETE', undefined, '/vhs-pal')).status, 400);
  assert.equal((await ask(master, 'DELETE', undefined, '/..%2Fsettings')).status, 400);
  assert.equal((await ask(master, 'DELETE', undefined, '/mine')).status, 200);
  assert.ok(!(await namesFor(guest)).includes('mine'));
}

describe('tries in the editor', function () {
  this.timeout(180_000);
  let installed: string;
  before(async () => {
    installed = await installedPackage();
  });

  it('need write permission; a cookie opens the page of one try, which follows the work', async () => {
    const folder = userDirectory(installed);
    const clip = await makeClip(join(folder, 'video.mp4'), 30);
    const { hashSync } = createRequire(join(nodeRed4.nodeRed, 'package.json'))('bcryptjs') as {
      hashSync(password: string, rounds: number): string;
    };
    const user = (username: string, permissions: string) => ({
      username,
      password: hashSync(username, 4),
      permissions,
    });
    const users = [user('master', '*'), user('guest', 'read')];
    const red = await Runtime.start(nodeRed4, folder, { adminAuth: { type: 'credentials', users } });
    try {
      const tokenOf = async (name: string): Promise<string> => {
        const login = {
          client_id: 'node-red-editor',
          grant_type: 'password',
          scope: '',
          username: name,
          password: name,
        };
        const answer = await fetch(`${red.url}/auth/token`, { method: 'POST', body: new URLSearchParams(login) });
        return ((await answer.json()) as { access_token: string }).access_token;
      };
      const [master, guest] = [await tokenOf('master'), await tokenOf('guest')];
      const post = (body: object, token?: string): Promise<Response> =>
        fetch(`${red.url}/remaster/try/new`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
          body: JSON.stringify(body),
        });
      await presetsOf(red.url, master, guest);
      const file = { node: 'in', source: 'file', pathType: 'str', path: clip, maxHeight: '18', trimEnd: '0.4' };
      assert.deepEqual([(await post(file)).status, (await post(file, guest)).status], [401, 401]);
      const refused = await post({ ...file, path: '/etc/hostname' }, master);
      assert.equal(((await refused.json()) as { code: string }).code, 'PATH_NOT_ALLOWED');

      const first = (await (await post(file, master)).json()) as { id: string };
      const started = await post(file, master);
      const { id } = (await started.json()) as { id: string };
      const cookie = started.headers.get('set-cookie')!;
      assert.match(cookie, /HttpOnly; SameSite=Strict/);
      const get = (
        path: string,
        headers: Record<string, string> = { Cookie: cookie.split(';')[0]! },
      ): Promise<Response> => fetch(`${red.url}/remaster/try/${path}`, { headers });
      const page = await get(`${id}/`);
      assert.match(await page.text(), /<script defer src="page\.js">/);
      assert.match(page.headers.get('content-security-policy')!, /default-src 'self'/);
      assert.match(await (await get(`${id}/trial.js`)).text(), /^window\.remasterTrial = \{"running":\{"done":/);
      assert.equal((await get(`${id}/`, {})).status, 401);
      assert.equal((await get('other/')).status, 401, 'for this try only');
      assert.equal((await get(`${first.id}/`)).status, 401, 'nor for an earlier one');
      let stopped = '';
      for (let i = 0; i < 200 && !stopped.includes('failed'); i++) {
        await sleep(100);
        stopped = await (await get(`${first.id}/trial.js`, { Authorization: `Bearer ${master}` })).text();
      }
      assert.match(stopped, /"failed":"another try was started"/);

      let trial = '';
      for (let i = 0; i < 600 && !trial.includes('"tries"'); i++) {
        await sleep(200);
        trial = await (await get(`${id}/trial.js`)).text();
        assert.doesNotMatch(trial, /"failed"/, trial);
      }
      const { tries, places } = JSON.parse(trial.replace(/^window\.remasterTrial = |;\n$/g, '')) as {
        tries: { name: string; command: string }[];
        places: { shots: { map: string; video: string }[] }[];
      };
      assert.equal(tries[0]!.name, 'x4 · 1');
      assert.match(tries[0]!.command, /^remaster restore \S+video\.mp4 video\.x4\.mp4 --model x4 --steps 1$/);
      for (const name of ['page.js', 'tokens.css', places[0]!.shots[0]!.map, places[0]!.shots[0]!.video])
        assert.equal((await get(`${id}/${name}`)).status, 200, name);
      for (const name of ['owner.json', '..%2fowner.json', 'media/..%2ftrial.js', 'media/x.jpg'])
        assert.equal((await get(`${id}/${name}`)).status, 404, name);
    } finally {
      await red.stop();
      remove(folder);
    }
  });
});
