import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ff, moving } from './videos';

/** JPEGs of 64×48 pixels as a camera sends them, which differ; they also lie in the folder `images` of `folder`. */
export async function cameraJpegs(folder: string, count: number): Promise<readonly Buffer[]> {
  mkdirSync(join(folder, 'images'));
  await ff(...moving('64x48', '25', count), '-c:v', 'mjpeg', '-q:v', '2', join(folder, 'images/%02d.jpg'));
  const name = (n: number): string => join(folder, 'images', `${String(n + 1).padStart(2, '0')}.jpg`);
  return Array.from({ length: count }, (_, n) => readFileSync(name(n)));
}

/** The part of a multipart response with one JPEG. */
export const multipart = (boundary: string, jpeg: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`\r\n${boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`),
    jpeg,
  ]);

/** A photo with a whole JPEG in its EXIF segment. */
export function withThumbnail(file: Buffer): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(file.length + 8);
  const exif = Buffer.concat([Buffer.from([0xff, 0xe1]), size, Buffer.from('Exif\0\0'), file]);
  return Buffer.concat([file.subarray(0, 2), exif, file.subarray(2)]);
}

/** How cameras, and programs that save what they send, write one JPEG after the other. */
export const CAMERA_FORMS: readonly (readonly [what: string, framed: (jpeg: Buffer) => Buffer])[] = [
  ['one after the other', (jpeg) => jpeg],
  ['with thumbnails', withThumbnail],
  ['with padding between', (jpeg) => Buffer.concat([jpeg, Buffer.alloc(7)])],
  ['without EOI', (jpeg) => jpeg.subarray(0, -2)],
  ['in a multipart response', (jpeg) => multipart('--frame', jpeg)],
  ['without a boundary', (jpeg) => multipart('', jpeg).subarray(4)],
];
