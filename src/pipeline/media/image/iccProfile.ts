import { deflateSync } from 'node:zlib';
import { SEGMENT, segment, withPngChunk, withSegments, withWebpChunk } from './imageChunks';

/**
 * Adds an ICC profile to a file. Not with sharp, which would convert the pixels from sRGB to the profile; they already
 * have the colours of the profile.
 */
export function withIccProfile(file: Buffer, format: 'jpeg' | 'png' | 'webp', profile: Uint8Array): Buffer {
  switch (format) {
    case 'jpeg':
      return withSegments(file, segmentsOf(profile));
    case 'png':
      return withPngChunk(file, 'iCCP', Buffer.concat([Buffer.from('profile\0\0', 'latin1'), deflateSync(profile)]));
    case 'webp':
      return withWebpChunk(file, 'ICCP', HAS_PROFILE, profile, 'before');
  }
}

const HAS_PROFILE = 0x20;
const NAME = Buffer.from('ICC_PROFILE\0');

/** ICC.1, annex B.4: numbered segments. */
function segmentsOf(profile: Uint8Array): readonly Buffer[] {
  const most = SEGMENT - NAME.length - 2;
  const count = Math.ceil(profile.length / most);
  return Array.from({ length: count }, (_, i) =>
    segment(0xe2, NAME, Buffer.from([i + 1, count]), profile.subarray(i * most, (i + 1) * most)),
  );
}
