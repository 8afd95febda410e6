import { type AddressInfo, createServer, type Socket } from 'node:net';

/** How a camera sends its JPEGs over HTTP. */
export interface Form {
  /** The lines of the head after the status. */
  readonly head: string;
  /** The bytes of one JPEG in the response, in the pieces in which they are sent. */
  readonly part: (jpeg: Buffer, index: number) => readonly (Buffer | string)[];
  /** Pictures per response; then the camera closes the connection. */
  readonly count?: number;
}

const multipart = (boundary: string): string => `Content-Type: multipart/x-mixed-replace; boundary=${boundary}\r\n`;
const lines = (jpeg: Buffer, type = 'Content-Type: image/jpeg\r\n'): string =>
  `${type}Content-Length: ${jpeg.length}\r\n\r\n`;

/** Forms of real cameras. */
export const FORMS: Readonly<Record<string, Form>> = {
  'well-formed parts': { head: multipart('frame'), part: (jpeg) => ['--frame\r\n', lines(jpeg), jpeg, '\r\n'] },
  'parts of type image/jpg': {
    head: multipart('frame'),
    part: (jpeg) => ['--frame\r\n', lines(jpeg, 'Content-Type: image/jpg\r\n'), jpeg, '\r\n'],
  },
  'parts without a type': { head: multipart('frame'), part: (jpeg) => ['--frame\r\n', lines(jpeg, ''), jpeg, '\r\n'] },
  'no boundary before the first part': {
    head: multipart('frame'),
    part: (jpeg) => [lines(jpeg), jpeg, '\r\n--frame\r\n'],
  },
  'a boundary that is doubled': {
    head: multipart('--frame'),
    part: (jpeg) => ['----frame\r\n----frame\r\n', lines(jpeg), jpeg, '\r\n'],
  },
  'a boundary that is another': { head: multipart('frame'), part: (jpeg) => ['--other\r\n', lines(jpeg), jpeg] },
  'parts without a length': {
    head: multipart('frame'),
    part: (jpeg) => ['--frame\r\nContent-Type: image/jpeg\r\n\r\n', jpeg, '\r\n'],
  },
  'lines that end with LF': {
    head: multipart('frame'),
    part: (jpeg) => [`--frame\n${lines(jpeg).replaceAll('\r', '')}`, jpeg, '\n'],
  },
  'no type at all': { head: '', part: (jpeg) => ['--frame\r\n', lines(jpeg), jpeg, '\r\n'] },
  'bare JPEGs': { head: 'Content-Type: image/jpeg\r\n', part: (jpeg) => [jpeg] },
  'bare JPEGs without a type': { head: '', part: (jpeg) => [jpeg] },
  'an end marker in a piece of its own': {
    head: multipart('frame'),
    part: (jpeg) => ['--frame\r\n', lines(jpeg), jpeg.subarray(0, -1), jpeg.subarray(-1)],
  },
  'torn jpegs in between': {
    head: multipart('frame'),
    part: (jpeg, index) => ['--frame\r\n', lines(jpeg), index % 3 === 2 ? jpeg.subarray(0, -30) : jpeg, '\r\n'],
  },
  'a connection for each JPEG': {
    head: multipart('frame'),
    part: (jpeg) => ['--frame\r\n', lines(jpeg), jpeg, '\r\n'],
    count: 1,
  },
  'a snapshot address': { head: 'Content-Type: image/jpeg\r\n', part: (jpeg) => [jpeg], count: 1 },
};

export interface JpegCamera extends AsyncDisposable {
  readonly url: string;
  /** Requests so far. */
  readonly requests: number;
  /** Pictures that began to be sent. */
  readonly sent: number;
}

/**
 * A camera that sends one JPEG after the other, and again from the start. The next one is sent once `mayGoOn` says so:
 * `sent` JPEGs have begun.
 */
export async function startJpegCamera(
  form: Form,
  jpegs: readonly Buffer[],
  mayGoOn: (sent: number) => boolean,
): Promise<JpegCamera> {
  const sockets = new Set<Socket>();
  let [requests, sent] = [0, 0];
  const until = async (isSo: () => boolean, socket: Socket): Promise<void> => {
    while (!isSo() && !socket.destroyed) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const serve = async (socket: Socket): Promise<void> => {
    requests++;
    socket.write(`HTTP/1.1 200 OK\r\n${form.head}Connection: close\r\n\r\n`);
    for (let n = 0; n < (form.count ?? Infinity) && !socket.destroyed; n++) {
      await until(() => mayGoOn(sent), socket);
      const index = sent++;
      for (const piece of form.part(jpegs[index % jpegs.length]!, index)) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 5)); // pieces of their own also for the reader
      }
    }
    socket.end();
  };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // the reader has left
    socket.once('data', () => void serve(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/video`,
    get requests() {
      return requests;
    },
    get sent() {
      return sent;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
