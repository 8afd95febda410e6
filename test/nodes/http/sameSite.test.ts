import assert from 'node:assert/strict';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sameSite } from '../../../nodes/http/sameSite';

/** The status of a request with these headers, and the header that would allow every site to read it. */
async function asked(headers: Readonly<Record<string, string>>, method = 'GET'): Promise<readonly [number, unknown]> {
  const server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    sameSite(request, response, () => void response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve, reject) => {
      const sent = ask({ port, headers, method, agent: false }, (response) => {
        response.resume();
        response.once('end', () => resolve([response.statusCode!, response.headers['access-control-allow-origin']]));
      });
      sent.once('error', reject);
      sent.end();
    });
  } finally {
    server.close();
  }
}

const other = { 'Sec-Fetch-Site': 'cross-site' };
const visit = { ...other, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

describe('a request to our pages', () => {
  for (const [what, headers, method, code] of [
    ['of a program', {}, 'GET', 200],
    ['of our own page', { 'Sec-Fetch-Site': 'same-origin' }, 'POST', 200],
    ['of a page on this host', { 'Sec-Fetch-Site': 'same-site' }, 'GET', 200],
    ['of another site', other, 'GET', 403],
    ['by a link on another site', visit, 'GET', 200],
    ['by a form on another site', visit, 'POST', 403],
    ['by a frame on another site', { ...visit, 'Sec-Fetch-Dest': 'iframe' }, 'GET', 403],
    ['by a script on another site', { ...visit, 'Sec-Fetch-Mode': 'cors' }, 'GET', 403],
  ] as const) {
    it(`${what}: ${code}, and no other site may read it`, async () =>
      assert.deepEqual(await asked(headers, method), [code, undefined]));
  }
});
