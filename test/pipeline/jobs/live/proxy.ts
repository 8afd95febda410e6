import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP connection with a saboteur in it. */
export interface Proxy {
  readonly port: number;
  /** Ends all connections, orderly or by RST; new ones come through. */
  cut(how: 'end' | 'reset'): void;
  /** Passes nothing on, and keeps everything open; also new connections. */
  stall(): void;
  /** Passes at most so many bytes a second on from the server. */
  throttle(bytesPerSecond: number): void;
  /** Takes no new connections, and ends the old ones. */
  refuse(): Promise<void>;
  /** All is well again. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  let limit = Infinity;
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}); // the other end is told by 'close'
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes) => void (isStalled || far.write(bytes)));
    far.on('data', (bytes) => {
      if (isStalled) return;
      near.write(bytes);
      if (limit === Infinity) return;
      far.pause();
      setTimeout(() => far.resume(), (bytes.length * 1000) / limit);
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const end = (how: 'end' | 'reset'): void => {
    for (const socket of sockets)
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroySoon();
  };
  return {
    port,
    cut: end,
    stall: () => void (isStalled = true),
    throttle: (bytesPerSecond) => void (limit = bytesPerSecond),
    async refuse() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      end('reset');
      await closed;
    },
    async mend() {
      isStalled = false;
      limit = Infinity;
      if (!server.listening) await listen(port);
    },
    async close() {
      end('reset');
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
