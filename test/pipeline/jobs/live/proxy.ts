import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that simulates network failures. */
export interface Proxy {
  readonly port: number;
  /** Closes all connections, with FIN or RST; new ones are accepted. */
  cut(how: 'end' | 'reset'): void;
  /** Forwards nothing and keeps all connections open, including new ones. */
  stall(): void;
  /** Limits the data from the server to so many bytes per second. */
  throttle(bytesPerSecond: number): void;
  /** Rejects new connections and closes the existing ones. */
  refuse(): Promise<void>;
  /** Ends all simulated failures. */
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
      socket.on('error', () => {}); // 'close' follows and closes the other end
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
