import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Dice } from './dice';

/** What a wire does to the bytes of the camera. */
export type Harm = 'nothing' | 'stall' | 'garble' | 'garbage' | 'flood' | 'lose';

/** A TCP proxy between a camera and its reader. */
export interface BadWire {
  readonly port: number;
  harm(how: Harm): void;
  /** Closes all connections, with FIN or RST; new ones are accepted. */
  cut(how: 'end' | 'reset'): void;
  close(): Promise<void>;
}

/** Bytes that may wait for a reader: a flood must not fill the memory of the bench itself. */
const WAITING = 8 << 20;

export async function startBadWire(target: number, dice: Dice): Promise<BadWire> {
  const sockets = new Set<Socket>();
  let how: Harm = 'nothing';
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
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes: Buffer) => {
      for (const each of harmed(bytes, how, dice)) if (near.writableLength < WAITING) near.write(each);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (way: 'end' | 'reset'): void => {
    for (const socket of sockets)
      if (way === 'reset') socket.resetAndDestroy();
      else socket.destroySoon();
  };
  return {
    port: (server.address() as AddressInfo).port,
    harm: (next) => void (how = next),
    cut,
    async close() {
      cut('reset');
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function harmed(bytes: Buffer, how: Harm, dice: Dice): readonly Buffer[] {
  switch (how) {
    case 'nothing':
      return [bytes];
    case 'stall':
      return [];
    case 'garble': {
      const changed = Buffer.from(bytes);
      for (let n = Math.ceil(bytes.length / 200); n > 0; n--)
        changed[dice.whole(0, bytes.length - 1)] = dice.whole(0, 255);
      return [changed];
    }
    case 'garbage':
      return [Buffer.from(bytes.map(() => dice.whole(0, 255)))];
    case 'flood':
      return Array.from({ length: 200 }, () => bytes);
    case 'lose':
      return dice.next() < 0.5 ? [] : [bytes];
  }
}
