import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parseAddress, type Scheme } from '../../../settings/cameraAddress';

/** Milliseconds until a server must have accepted a connection, and then until it must have answered. */
const CONNECT_LIMIT = 3000;
const ANSWER_LIMIT = 3000;

/**
 * Connects to the server of this address, encrypted if its scheme says so. Rejects with the error of the system; with
 * ETIMEDOUT after 3 s. The socket is destroyed 3 s after it is connected, or by the signal.
 */
export async function reachServer(address: string, signal: AbortSignal): Promise<Socket> {
  const { scheme, host } = parseAddress(address);
  const remote = { host, port: Number(new URL(address).port) || PORTS[scheme] };
  const isSecure = /^(https|rtsps|rtmps)$/.test(scheme);
  // Like ffmpeg: cameras and their servers use self-signed certificates.
  const socket = isSecure ? connectTls({ ...remote, rejectUnauthorized: false }) : connect(remote);
  socket.on('error', () => {}); // before the connection, `once` rejects with it; later, 'close' follows
  const end = (code: string) => (): void =>
    void socket.destroy(Object.assign(new Error('The server takes too long.'), { code }));
  let timer = setTimeout(end('ETIMEDOUT'), CONNECT_LIMIT);
  const stop = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  socket.on('close', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
  socket.on('connect', () => {
    clearTimeout(timer);
    timer = setTimeout(end('silent'), ANSWER_LIMIT);
  });
  await once(socket, isSecure ? 'secureConnect' : 'connect');
  return socket;
}

/** Default ports. */
export const PORTS: Readonly<Record<Scheme, number>> = {
  ...{ rtsp: 554, rtsps: 322, http: 80, https: 443, rtmp: 1935, rtmps: 443 },
  ...{ tcp: 0, udp: 0, srt: 0 }, // theirs are always in the address
};
