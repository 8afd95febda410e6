import type { JpegPair } from '../../src/engine/protocol';

/** Returns before and after of the next frame of a running job; null if none comes soon. */
export type NextPair = () => Promise<JpegPair | null>;

/** Both JPEGs in one response, so that they stay together: multipart/form-data, which browsers can parse. */
export function multipartOf({ before, after, aspect }: JpegPair): { readonly type: string; readonly body: Buffer } {
  const part = (name: string, data: Uint8Array | string): readonly (Uint8Array | string)[] => {
    const isFile = typeof data !== 'string';
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`;
    return [head, isFile ? `; filename="${name}.jpg"\r\nContent-Type: image/jpeg` : '', '\r\n\r\n', data, '\r\n'];
  };
  const parts = [
    ...part('before', before),
    ...part('after', after),
    ...part('aspect', String(aspect)),
    `--${BOUNDARY}--\r\n`,
  ];
  const body = Buffer.concat(parts.map((one) => (typeof one === 'string' ? Buffer.from(one) : one)));
  return { type: `multipart/form-data; boundary=${BOUNDARY}`, body };
}

/** Too long to occur in a JPEG by chance. */
const BOUNDARY = 'remaster-pair-7f3a91c25e60b84d';
