import type { Socket } from 'node:net';
import type { Answer, Login } from './askHttp';
import { authorization, chooseChallenge } from './authorization';
import { headersOf, splitRtsp } from './rtspMessages';

/**
 * Asks an RTSP server to describe a stream, as ffmpeg does first, and again with the login if it wants one. Destroys the
 * socket. Null: it closed the connection or does not speak RTSP.
 */
export function askRtsp(socket: Socket, address: string, login: Login | null): Promise<Answer | null> {
  let count = 0;
  const describe = (proof: string | null): void => {
    const lines = [`CSeq: ${++count}`, 'Accept: application/sdp', 'User-Agent: remaster'];
    if (proof !== null) lines.push(`Authorization: ${proof}`);
    socket.write(`DESCRIBE ${address} RTSP/1.0\r\n${lines.join('\r\n')}\r\n\r\n`);
  };
  return new Promise<Answer | null>((resolve) => {
    socket.on('close', () => resolve(null)); // without effect after the answer
    const onData = splitRtsp({
      media() {},
      bad: () => socket.destroy(),
      message(head) {
        const status = Number(/^RTSP\/1\.\d (\d{3})\b/.exec(head)?.[1]);
        const challenge = status === 401 ? chooseChallenge(headersOf(head, 'WWW-Authenticate')) : null;
        const proof = login && challenge && authorization(challenge, 'DESCRIBE', address, ...login);
        if (proof && count === 1) return describe(proof);
        resolve(status ? { status, location: headersOf(head, 'Location')[0] ?? null } : null);
        socket.destroy();
      },
    });
    socket.on('data', onData);
    describe(null);
  });
}
