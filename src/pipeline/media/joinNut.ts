import { type FileHandle, open } from 'node:fs/promises';
import { RemasterError } from '../../errors';
import type { Rational } from './frame';
import { nutFrameHeader, nutHeader, type NutStream } from './nut';
import { damagedSegment, segmentError } from './nutReader';
import { type NutFile, type NutFrame, readNut, readNutStream } from './readNut';

/** How segments become one stream. */
export interface Join {
  readonly stream: NutStream;
  /** Encoders of different versions wrote different headers, so every key frame carries its own. */
  readonly hasHeadersInFrames: boolean;
}

/** Errors: ENCODE_FAILED when the segments cannot be joined. */
export async function planJoin(paths: readonly string[]): Promise<Join> {
  const stream = await readNutStream(paths[0]!);
  let hasHeadersInFrames = false;
  for (const path of paths.slice(1)) {
    const other = await readNutStream(path);
    if (!canJoin(stream, other)) throw damagedSegment(path);
    if (hasOtherHeader(stream, other)) hasHeadersInFrames = true;
  }
  return { stream, hasHeadersInFrames };
}

/** Whether a decoder can go on from one segment to the other. */
export const canJoin = (a: NutStream, b: NutStream): boolean =>
  a.fourcc.equals(b.fourcc) &&
  a.width === b.width &&
  a.height === b.height &&
  (a.codecData.equals(b.codecData) || isAnnexB(a) || isAv1(a));

/** Byte streams, in which headers may stand before any key frame. */
const isAnnexB = ({ fourcc }: NutStream): boolean => /^(H264|HEVC)$/.test(fourcc.toString('latin1'));
/** Its key frames always begin with their header. */
const isAv1 = ({ fourcc }: NutStream): boolean => fourcc.toString('latin1') === 'AV01';

const hasOtherHeader = (a: NutStream, b: NutStream): boolean => isAnnexB(a) && !a.codecData.equals(b.codecData);

/**
 * The frames of several NUT files as one NUT stream with the exact times `pts`, in ticks of `timeBase`, increasing and
 * ≥ 0. The encoder numbers the frames of a file; the k-th of them in display order gets the k-th time. Errors:
 * ENCODE_FAILED when the files do not hold as many frames as there are times.
 */
export async function* joinNut(
  paths: readonly string[],
  { stream, hasHeadersInFrames }: Join,
  pts: readonly number[],
  timeBase: Rational,
): AsyncGenerator<Buffer> {
  yield nutHeader(stream, timeBase);
  let done = 0;
  for (const path of paths) {
    const file = await readNut(path);
    const order = displayOrder(path, file);
    if (done + order.length > pts.length) throw wrongCount(done + order.length, pts.length);
    const header = hasHeadersInFrames ? file.stream.codecData : NO_BYTES;
    yield* frames(path, file.frames, header, (i) => pts[done + order[i]!]!);
    done += order.length;
  }
  if (done !== pts.length) throw wrongCount(done, pts.length);
}

const NO_BYTES = Buffer.alloc(0);

async function* frames(
  path: string,
  all: readonly NutFrame[],
  header: Buffer,
  ptsOf: (i: number) => number,
): AsyncGenerator<Buffer> {
  const file = await open(path, 'r').catch(segmentError(path));
  try {
    for (const [i, { isKey, prefix, offset, bytes }] of all.entries()) {
      const before = isKey ? Buffer.concat([header, prefix]) : prefix;
      yield Buffer.concat([nutFrameHeader(ptsOf(i), isKey, before.length + bytes), before]);
      yield await frameData(file, path, offset, bytes);
    }
  } finally {
    await file.close();
  }
}

async function frameData(file: FileHandle, path: string, offset: number, bytes: number): Promise<Buffer> {
  const data = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes;) {
    const { bytesRead } = await file.read(data, at, bytes - at, offset + at).catch(segmentError(path));
    if (bytesRead === 0) throw damagedSegment(path);
    at += bytesRead;
  }
  return data;
}

/** For each frame in coding order, its position in display order. The encoder numbers frames evenly, from any start. */
function displayOrder(path: string, { frames: all }: NutFile): number[] {
  const shown = all.map((_, i) => i).toSorted((a, b) => all[a]!.pts - all[b]!.pts);
  const step = shown.length > 1 ? all[shown[1]!]!.pts - all[shown[0]!]!.pts : 1;
  const isEven = shown.every((i, place) => all[i]!.pts === all[shown[0]!]!.pts + place * step);
  if (!isEven || step < 1) throw damagedSegment(path);
  const position = new Array<number>(all.length);
  for (const [place, i] of shown.entries()) position[i] = place;
  return position;
}

const wrongCount = (found: number, expected: number): RemasterError =>
  new RemasterError('ENCODE_FAILED', `The encoded segments have ${found} frames instead of ${expected}.`, {
    remedy: 'Please report this bug.',
  });
