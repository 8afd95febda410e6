import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { rtspAuthProxy } from '../../../../src/pipeline/jobs/live/rtspAuthProxy';

describe('rtspAuthProxy', () => {
  /** Sends a request for `path` to a new proxy; returns what the server gets, or null if the connection is closed before. */
  async function requested(pathOf: (local: string) => string): Promise<string | null> {
    const received: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        received.push(data);
        socket.end('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/door`;
      await using proxy = await rtspAuthProxy({ address, username: 'joe', password: 'secret' });
      const client = connect(Number(new URL(proxy.address).port), '127.0.0.1');
      client.on('error', () => {});
      client.resume();
      client.write(`OPTIONS ${pathOf(proxy.address)} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
      await once(client, 'close');
      return received.length === 0 ? null : Buffer.concat(received).toString();
    } finally {
      server.close();
    }
  }

  it('forwards requests for its own address, which cannot be guessed', async () => {
    const addresses: string[] = [];
    const own = (local: string): string => (addresses.push(local), local);
    for (let i = 0; i < 2; i++)
      assert.match((await requested(own))!, /^OPTIONS rtsp:\/\/127\.0\.0\.1:\d+\/door RTSP\/1\.0\r\n/);
    const paths = addresses.map((address) => new URL(address).pathname);
    assert.notEqual(paths[0], paths[1]);
    assert.ok(paths[0]!.length > 30);
  });

  it('closes a connection that asks for anything else first', async () => {
    assert.equal(await requested((local) => local.replace(/[^/]+$/, 'live')), null);
    assert.equal(await requested(() => '*'), null);
  });
});
