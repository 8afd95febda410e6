import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a port that can go dead without a sign: what was connected then never speaks again. */
export interface SilentProxy extends AsyncDisposable {
  readonly port: number;
  goSilent(): void;
  /** Lets new connections through; the old ones stay dead. */
  letThrough(): void;
}

export async function silentProxy(to: number): Promise<SilentProxy> {
  let isSilent = false;
  const open = new Set<{ isDead: boolean; readonly sockets: readonly Socket[] }>();
  const server = createServer((client) => {
    const target = connect(to, '127.0.0.1');
    const one = { isDead: isSilent, sockets: [client, target] };
    open.add(one);
    for (const [from, other] of [
      [client, target],
      [target, client],
    ] as const) {
      from.on('data', (chunk) => void (one.isDead || other.write(chunk)));
      from.on('error', () => {}); // closed below
      from.on('close', () => void (one.isDead || other.destroy()));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { readonly port: number }).port,
    goSilent() {
      isSilent = true;
      for (const one of open) one.isDead = true;
    },
    letThrough() {
      isSilent = false;
    },
    async [Symbol.asyncDispose]() {
      for (const { sockets } of open) for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
