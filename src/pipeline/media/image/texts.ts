import { inflateSync } from 'node:zlib';
import { SEGMENT, SEGMENT_MARKERS, segment, withPngChunk, withSegments } from './imageChunks';
import { type Chunk, jpegSegments, pngChunks } from './readChunks';

/** A text of a PNG (`tEXt`, `zTXt`, `iTXt`), or a comment of a JPEG as a text of the name “Comment”. */
export interface ImageText {
  readonly keyword: string;
  readonly text: string;
  /** As it stands in the file: a chunk, or the bytes of a comment. */
  readonly original: Chunk | Buffer;
}

const COMMENT = 'Comment';
/** Of a compressed text, in bytes: a small one can expand to more than fits into memory. */
const LARGEST_TEXT = 2 ** 24;

/** The texts of a file, without XMP. WebP has none. */
export function readTexts(file: Buffer, format: 'jpeg' | 'png' | 'webp'): readonly ImageText[] {
  switch (format) {
    case 'jpeg':
      return [...jpegSegments(file)]
        .filter(({ marker }) => marker === SEGMENT_MARKERS.COM)
        .map(({ data }) => ({ keyword: COMMENT, text: decoded(data), original: data }));
    case 'png':
      return [...pngChunks(file)].flatMap((chunk) => textOf(chunk) ?? []);
    case 'webp':
      return [];
  }
}

/** Adds texts to a file: unchanged if it has the format of their source. A WebP is returned unchanged. */
export function withTexts(file: Buffer, format: 'jpeg' | 'png' | 'webp', texts: readonly ImageText[]): Buffer {
  switch (format) {
    case 'jpeg':
      return withSegments(file, texts.flatMap(commentsOf));
    case 'png':
      return texts.toReversed().reduce((whole, text) => {
        const { kind, data } = 'kind' in text.original ? text.original : chunkOf(text);
        return withPngChunk(whole, kind, data);
      }, file); // each is inserted before the last one
    case 'webp':
      return file;
  }
}

function textOf(chunk: Chunk): ImageText | null {
  const { kind, data } = chunk;
  if (kind !== 'tEXt' && kind !== 'zTXt' && kind !== 'iTXt') return null;
  const keyword = data.toString('latin1', 0, Math.max(0, data.indexOf(0)));
  if (keyword === '' || keyword === 'XML:com.adobe.xmp') return null;
  try {
    return { keyword, text: contentOf(kind, data.subarray(keyword.length + 1)), original: chunk };
  } catch {
    return { keyword, text: '', original: chunk }; // cut off, or too large: only another PNG can keep it
  }
}

/** The text behind the keyword. Throws if it is compressed and cut off. */
function contentOf(kind: 'tEXt' | 'zTXt' | 'iTXt', data: Buffer): string {
  const inflated = (bytes: Buffer): Buffer => inflateSync(bytes, { maxOutputLength: LARGEST_TEXT });
  if (kind === 'tEXt') return data.toString('latin1');
  if (kind === 'zTXt') return inflated(data.subarray(1)).toString('latin1');
  const behindLanguage = data.indexOf(0, 2) + 1;
  const text = data.subarray(data.indexOf(0, behindLanguage) + 1);
  return (data[0] === 1 ? inflated(text) : text).toString('utf8');
}

/** Text in UTF-8 or else Latin-1. */
function decoded(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return (text.includes('\ufffd') ? bytes.toString('latin1') : text).replace(/\0+$/, '');
}

/** Segments for one text; a long one takes several. */
function commentsOf({ keyword, text, original }: ImageText): readonly Buffer[] {
  if ('kind' in original && text === '') return [];
  const bytes = original instanceof Buffer ? original : Buffer.from(keyword === COMMENT ? text : `${keyword}: ${text}`);
  return Array.from({ length: Math.ceil(bytes.length / SEGMENT) }, (_, i) =>
    segment(SEGMENT_MARKERS.COM, bytes.subarray(i * SEGMENT, (i + 1) * SEGMENT)),
  );
}

const chunkOf = ({ keyword, text }: ImageText): Chunk => ({
  kind: 'iTXt',
  data: Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text)]),
});
