import { imageBytes } from '../../src/settings/imageBytes';

/** Whether a payload is a JPEG, PNG or WebP file, by its first bytes. */
export function isImage(payload: unknown): boolean {
  const first = imageBytes(payload, 12);
  if (!first) return false;
  const head = Buffer.from(first).toString('latin1');
  return (
    head.startsWith('\xff\xd8\xff') || head.startsWith('\x89PNG') || (head.startsWith('RIFF') && head.endsWith('WEBP'))
  );
}
