import assert from 'node:assert/strict';
import { request as ask } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chain, model, upscale, videoIn, videoOut } from '../support/flows';
import { installedPackage, nodeRed4, remove, Runtime, userDirectory, type FlowNode } from '../support/nodeRed';

const PAGE = '/remaster/live/test-pattern';
const FRAMES = ['/image', '/mjpeg', '/state', '/compare/pair', '/hls/index.m3u8', '/', '/live.js'];

interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** The head of an answer, and of a short one its body; a stream is left. fetch() cannot send `Sec-Fetch-Site`. */
function head(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = ask(url, { headers, method, agent: false }, (response) => {
      const done = (body: string): void => {
        resolve({ code: response.statusCode!, headers: response.headers, body });
        asked.destroy();
      };
      if (/multipart|jpeg/.test(response.headers['content-type'] ?? '')) return done('');
      response.once('data', (data: Buffer) => done(data.toString()));
      response.once('end', () => done(''));
    });
    asked.once('error', reject);
    asked.end();
  });
}

const camera = (out: Readonly<Record<string, unknown>> = {}): readonly FlowNode[] => [
  ...chain({}).filter(({ id }) => !['model', 'in', 'up', 'out', 'go'].includes(id)),
  model(),
  videoIn({ source: 'pattern', size: '64x36', rate: '5', autostart: true }),
  upscale({}),
  videoOut({ target: 'mjpeg', folder: '', ...out }),
];

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
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(camera(out)));
    await using red = await Runtime.start(nodeRed4, folder, settings);
    await red.until(() => red.text('out') !== '' && /fps/.test(red.text('out')), 'the camera runs', 60_000);
    await use(red);
  }
  const withUsers = (): Readonly<Record<string, unknown>> => {
    const { hashSync } = createRequire(join(nodeRed4.nodeRed, 'package.json'))('bcryptjs') as {
      hashSync(password: string, rounds: number): string;
    };
    const users = Object.entries({ guest: 'read', stranger: ['flows.read'] }).map(([username, permissions]) => ({
      ...{ username, password: hashSync(username, 4), permissions },
    }));
    return { adminAuth: { type: 'credentials', users } };
  };
  const tokenOf = async (red: Runtime, username: string): Promise<Record<string, string>> => {
    const form = { client_id: 'node-red-editor', grant_type: 'password', scope: '', username, password: username };
    const answer = await fetch(`${red.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
    return { Authorization: `Bearer ${((await answer.json()) as { access_token: string }).access_token}` };
  };

  it('where the editor needs a login, frames need permission to read jobs, or a ticket for the page', () =>
    withCamera(withUsers(), {}, async (red) => {
      const [guest, stranger] = await Promise.all(['guest', 'stranger'].map((name) => tokenOf(red, name)));
      const codes = (headers: Readonly<Record<string, string>>): Promise<number[]> =>
        Promise.all(FRAMES.map(async (path) => (await head(red.url + PAGE + path, headers)).code));
      const [all, none, some] = [200, 401, 404].map((code) => FRAMES.map(() => code));
      const seen = all!.with(4, some![0]!); // the page has no HLS
      assert.deepEqual(await codes({}), none);
      assert.deepEqual(await codes(stranger!), none);
      assert.deepEqual(await codes(guest!), seen);

      const ticketFor = (who: Record<string, string>): Promise<Answer> => head(`${red.url}${PAGE}/ticket`, who, 'POST');
      assert.deepEqual([(await ticketFor({})).code, (await ticketFor(stranger!)).code], [401, 401]);
      const { ticket } = JSON.parse((await ticketFor(guest!)).body) as { ticket: string };
      const opened = await head(`${red.url}${PAGE}?ticket=${ticket}`);
      assert.deepEqual([opened.code, opened.headers['location']], [302, './test-pattern/']);
      const cookie = String(opened.headers['set-cookie']);
      assert.match(cookie, /HttpOnly; SameSite=Strict$/);
      assert.deepEqual(await codes({ Cookie: cookie.split(';')[0]! }), seen);
      assert.equal((await head(`${red.url}${PAGE}/image?ticket=${ticket}x`)).code, 401);
      const job = await head(`${red.url}/remaster/jobs/x/compare/`, { Cookie: `remaster_look=${ticket}` });
      assert.equal(job.code, 401, 'the ticket is for no job');
    }));

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
