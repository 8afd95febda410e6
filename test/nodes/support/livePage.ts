import assert from 'node:assert/strict';
import { request as ask } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chain, model, upscale, videoIn, videoOut } from './flows';
import { type FlowNode, nodeRed4, type Runtime } from './nodeRed';

export const PAGE = '/remaster/live/test-pattern';
export const FRAMES = ['/image', '/mjpeg', '/state', '/compare/pair', '/hls/index.m3u8', '/', '/live.js'];

interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** The head of an answer, and of a short one its body; a stream is left. fetch() cannot send `Sec-Fetch-Site`. */
export function head(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
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

/** A test pattern on a page. */
export const camera = (out: Readonly<Record<string, unknown>> = {}): readonly FlowNode[] => [
  ...chain({}).filter(({ id }) => !['model', 'in', 'up', 'out', 'go'].includes(id)),
  model(),
  videoIn({ source: 'pattern', size: '64x36', rate: '5', autostart: true }),
  upscale({}),
  videoOut({ target: 'mjpeg', folder: '', ...out }),
];

/** Settings of an editor that needs a login: a guest may read jobs, a stranger may not, the admin may everything. */
export const withUsers = (): Readonly<Record<string, unknown>> => {
  const { hashSync } = createRequire(join(nodeRed4.nodeRed, 'package.json'))('bcryptjs') as {
    hashSync(password: string, rounds: number): string;
  };
  const users = Object.entries({ guest: 'read', stranger: ['flows.read'], admin: '*' }).map(
    ([username, permissions]) => ({
      ...{ username, password: hashSync(username, 4), permissions },
    }),
  );
  return { adminAuth: { type: 'credentials', users } };
};

export const tokenOf = async (red: Runtime, username: string): Promise<Record<string, string>> => {
  const form = { client_id: 'node-red-editor', grant_type: 'password', scope: '', username, password: username };
  const answer = await fetch(`${red.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
  return { Authorization: `Bearer ${((await answer.json()) as { access_token: string }).access_token}` };
};

/** The frames of `camera` need permission to read jobs, or a ticket. */
export async function assertGuarded(red: Runtime): Promise<void> {
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
}
