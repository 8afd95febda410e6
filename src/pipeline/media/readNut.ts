import { open } from 'node:fs/promises';
import { FILE_ID, FLAG, type NutStream, START } from './nut';
import { Cursor, NutReader, segmentError } from './nutReader';

/** Where the encoded frames of a NUT file with one video stream are, in coding order. */
export interface NutFile {
  readonly stream: NutStream;
  readonly frames: readonly NutFrame[];
}

export interface NutFrame {
  /** Presentation time in ticks of the file. */
  readonly pts: number;
  readonly isKey: boolean;
  /** Bytes that belong in front of those in the file: frames may share their first bytes. */
  readonly prefix: Buffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Reads headers only, no frame data. Errors: ENCODE_FAILED for a file that is incomplete or damaged. */
export const readNut = (path: string): Promise<NutFile> => read(path, false);

/** Reads no further than the stream header. */
export const readNutStream = async (path: string): Promise<NutStream> => (await read(path, true)).stream;

/** The stream header in the first bytes of a NUT file; null when they end before it. */
export function nutStreamIn(bytes: Buffer): NutStream | null {
  const start = Buffer.alloc(8);
  start.writeBigUInt64BE(START.stream);
  const at = bytes.indexOf(start);
  if (at < 0) return null;
  const body = new Cursor(bytes.subarray(at + start.length), 'the first frame');
  const length = body.varint();
  return length > bytes.length ? null : readStreamHeader(body).stream;
}

async function read(path: string, isStreamOnly: boolean): Promise<NutFile> {
  const file = await open(path, 'r').catch(segmentError(path));
  try {
    return await parse(new NutReader(file, path), isStreamOnly);
  } finally {
    await file.close();
  }
}

interface FrameCode {
  readonly flags: number;
  readonly ptsDelta: number;
  readonly sizeMul: number;
  readonly sizeLsb: number;
  readonly headerIndex: number;
}

async function parse(reader: NutReader, isStreamOnly: boolean): Promise<NutFile> {
  await reader.fill(FILE_ID.length);
  if (!reader.bytes(FILE_ID.length).equals(FILE_ID)) throw reader.damaged();
  let main: MainHeader | null = null;
  let video: VideoHeader | null = null;
  const frames: NutFrame[] = [];
  let lastPts = 0;
  while ((await reader.fill(1)) && !(video && isStreamOnly)) {
    if (reader.peek() === 0x4e) {
      const { start, body } = await reader.packet();
      if (start === START.main) main ??= readMainHeader(body);
      else if (start === START.stream) video ??= readStreamHeader(body);
      else if (start === START.syncpoint) lastPts = body.varint();
      else if (start !== START.info && start !== START.index) throw reader.damaged();
    } else {
      if (!main || !video) throw reader.damaged();
      const frame = readFrameHeader(reader, main, video.msbShift, lastPts);
      lastPts = frame.pts;
      frames.push(frame);
      reader.skip(frame.bytes);
    }
  }
  if (!video || reader.isPastEnd(await reader.size())) throw reader.damaged();
  return { stream: video.stream, frames };
}

interface MainHeader {
  readonly codes: readonly FrameCode[];
  readonly prefixes: readonly Buffer[];
}

/** A file with one stream and one time base, as ffmpeg writes it for a video without chapters. */
function readMainHeader(body: Cursor): MainHeader {
  const [version, streams, , timeBases] = [body.varint(), body.varint(), body.varint(), body.varint()];
  if (version !== 3 || streams !== 1 || timeBases !== 1) throw body.damaged();
  body.varint(); // the time base, a fraction
  body.varint();
  const codes = readFrameCodes(body);
  const prefixes: Buffer[] = [NO_BYTES];
  for (let i = body.varint(); i > 0; i--) prefixes.push(body.bytes(body.varint()));
  return { codes, prefixes };
}

/** The table that maps the first byte of a frame to its flags and defaults. */
function readFrameCodes(body: Cursor): FrameCode[] {
  const codes: FrameCode[] = [];
  let ptsDelta = 0;
  let sizeMul = 1;
  let headerIndex = 0;
  while (codes.length < 256) {
    const flags = body.varint();
    const fields = body.varint();
    if (fields > 0) ptsDelta = body.signed();
    if (fields > 1) sizeMul = body.varint();
    if (fields > 2) body.varint(); // stream
    const size = fields > 3 ? body.varint() : 0;
    if (fields > 4) body.varint(); // number of reserved fields
    const count = fields > 5 ? body.varint() : sizeMul - size;
    if (fields > 6) body.signed(); // match_time_delta
    if (fields > 7) headerIndex = body.varint();
    if (fields > 8 || count < 1) throw body.damaged();
    for (let i = 0; i < count; i++) {
      const code = { flags, ptsDelta, sizeMul, sizeLsb: size + i, headerIndex };
      if (codes.length === 0x4e) codes.push(code); // not used: `N` begins a start code
      codes.push(code);
    }
  }
  return codes;
}
interface VideoHeader {
  readonly stream: NutStream;
  /** Bits of a time that is not coded whole. */
  readonly msbShift: number;
}

function readStreamHeader(body: Cursor): VideoHeader {
  body.varint(); // stream
  body.varint(); // class
  const fourcc = body.bytes(body.varint());
  body.varint(); // time base
  const msbShift = body.varint();
  body.varint(); // max_pts_distance
  const decodeDelay = body.varint();
  body.varint(); // flags
  const codecData = body.bytes(body.varint());
  const [width, height, num, den] = [body.varint(), body.varint(), body.varint(), body.varint()] as const;
  const stream = { fourcc, decodeDelay, codecData, width, height, pixelAspect: { num, den } };
  return { stream, msbShift };
}

/** Of these, ffmpeg writes none where there is one video stream. */
const UNEXPECTED = FLAG.invalid | FLAG.streamId | FLAG.matchTime | FLAG.reserved | FLAG.sideData;

function readFrameHeader(
  reader: NutReader,
  { codes, prefixes }: MainHeader,
  msbShift: number,
  lastPts: number,
): NutFrame {
  const code = codes[reader.byte()]!;
  const flags = code.flags & FLAG.codedFlags ? code.flags ^ reader.varint() : code.flags;
  if (flags & UNEXPECTED) throw reader.damaged();
  const pts = flags & FLAG.codedPts ? wholePts(reader.varint(), msbShift, lastPts) : lastPts + code.ptsDelta;
  const msb = flags & FLAG.sizeMsb ? reader.varint() : 0;
  const headerIndex = flags & FLAG.headerIndex ? reader.varint() : code.headerIndex;
  if (flags & FLAG.checksum) reader.bytes(4);
  const size = code.sizeLsb + code.sizeMul * msb;
  const prefix = size > LONGEST_PREFIXED ? NO_BYTES : prefixes[headerIndex];
  if (!prefix || size < prefix.length) throw reader.damaged();
  return { pts, isKey: (flags & FLAG.key) !== 0, prefix, offset: reader.position, bytes: size - prefix.length };
}

/** Longer frames share no bytes with others. */
const LONGEST_PREFIXED = 4096;

const NO_BYTES = Buffer.alloc(0);

/** A time is coded whole, or by its lowest bits next to the time before. */
function wholePts(coded: number, msbShift: number, lastPts: number): number {
  const range = 2 ** msbShift;
  if (coded >= range) return coded - range;
  const delta = lastPts - Math.floor((range - 1) / 2);
  return ((((coded - delta) % range) + range) % range) + delta;
}
