interface RtspParts {
  /** A message: its head, including the empty line, and its body. */
  message(head: string, body: Buffer): void;
  /** An interleaved RTP or RTCP packet, with its four-byte header. */
  media(packet: Buffer): void;
  /** The data is not RTSP. */
  bad(): void;
}

/** Largest head or body in bytes; longer data is not RTSP. */
const MAX_BYTES = 65_536;

/** Splits an RTSP connection into messages and interleaved packets. */
export function splitRtsp({ message, media, bad }: RtspParts): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      let size: number;
      if (rest[0] === 0x24) {
        size = 4 + rest.readUInt16BE(2);
        if (rest.length < size) return;
        media(rest.subarray(0, size));
      } else {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) return rest.length > MAX_BYTES ? bad() : undefined;
        const head = rest.toString('latin1', 0, end + 4);
        const length = Number(/^Content-Length:\s*(\d+)/im.exec(head)?.[1] ?? 0);
        if (length > MAX_BYTES) return bad();
        size = end + 4 + length;
        if (rest.length < size) return;
        message(head, rest.subarray(end + 4, size));
      }
      rest = rest.subarray(size);
    }
  };
}

/** The values of all headers of this name in the head of a message. */
export const headersOf = (head: string, name: string): string[] =>
  [...head.matchAll(new RegExp(`^${name}:[ \\t]*(.+?)[ \\t]*$`, 'gim'))].map(([, text]) => text!);
