import type { FileHandle } from 'node:fs/promises';
import {
  type Element,
  elementAt,
  encode,
  encodeSigned,
  encodeUnsigned,
  readUnsigned,
  rewrite,
  sizeWidth,
  vint,
} from './ebml';
import { expectStructure } from './fileChange';
import { byteReader, type ByteReader, readElement } from './matroskaLayout';

const [TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK, BLOCK_DURATION, REFERENCE_BLOCK] = [
  0xe7, 0xa3, 0xa0, 0xa1, 0x9b, 0xfb,
];
const [CRC32, VOID] = [0xbf, 0xec];

/** A SimpleBlock or BlockGroup of the video. Times in ticks of the segment. */
interface VideoBlock {
  readonly cluster: Element;
  readonly block: Element;
  readonly time: number;
  readonly isKey: boolean;
}

/** The last frame to be shown. */
export interface LastBlock extends VideoBlock {
  /** Time of the frame before it in coding order; null where there is none. */
  readonly previous: number | null;
}

/**
 * The block of track 1 with the greatest time. Frames coded before a key frame are shown before it, so the search goes
 * back to the last key frame.
 */
export async function lastVideoBlock(file: FileHandle, size: number, clusters: readonly Element[]): Promise<LastBlock> {
  const bytesAt = byteReader(file, size);
  let blocks: VideoBlock[] = [];
  for (const cluster of clusters.toReversed()) {
    blocks = [...(await videoBlocks(bytesAt, cluster)), ...blocks];
    if (blocks.some(({ isKey }) => isKey)) break;
  }
  expectStructure(blocks.length > 0, 'no video');
  const last = blocks.reduce((most, one, i) => (one.time >= blocks[most]!.time ? i : most), 0);
  return { ...blocks[last]!, previous: blocks[last - 1]?.time ?? null };
}

async function videoBlocks(bytesAt: ByteReader, cluster: Element): Promise<readonly VideoBlock[]> {
  const blocks: VideoBlock[] = [];
  let clusterTime: number | null = null;
  for (let at = cluster.content; at < cluster.end;) {
    const child = await readElement(bytesAt, at);
    expectStructure(child.end <= cluster.end, 'an element without its end');
    if (child.id === TIMESTAMP) clusterTime = readUnsigned(await bytesAt(at), elementAt(await bytesAt(at), 0));
    else if (child.id === SIMPLE_BLOCK || child.id === BLOCK_GROUP) {
      expectStructure(clusterTime !== null, 'a block before the time of its Cluster');
      const { track, time, isKey } = await (child.id === BLOCK_GROUP ? readGroup : readBlock)(bytesAt, child);
      if (track === 1) blocks.push({ cluster, block: child, time: clusterTime + time, isKey });
    } else expectStructure(child.id === CRC32 || child.id === VOID, 'an element that ffmpeg does not write');
    at = child.end;
  }
  return blocks;
}

/** RFC 9559, 10.1 and 10.2: the track, the time after that of the Cluster (16 bits), flags. Lacing is refused. */
async function readBlock(
  bytesAt: ByteReader,
  { content }: Element,
): Promise<{ readonly track: number; readonly time: number; readonly isKey: boolean }> {
  const bytes = await bytesAt(content);
  const { value: track, width } = vint(bytes, 0);
  const flags = bytes.readUInt8(width + 2);
  expectStructure(track !== 1 || (flags & LACING) === 0, 'several frames in a block');
  return { track, time: bytes.readInt16BE(width), isKey: (flags & KEY) !== 0 };
}

async function readGroup(bytesAt: ByteReader, group: Element): ReturnType<typeof readBlock> {
  let [block, isKey] = [null as Awaited<ReturnType<typeof readBlock>> | null, true];
  for (let at = group.content; at < group.end;) {
    const child = await readElement(bytesAt, at);
    if (child.id === BLOCK) block = await readBlock(bytesAt, child);
    if (child.id === REFERENCE_BLOCK) isKey = false;
    at = child.end;
  }
  expectStructure(block !== null, 'a BlockGroup without a Block');
  return { ...block, isKey };
}

const [KEY, INVISIBLE, LACING] = [0x80, 0x08, 0x06];

/** The Cluster in which the block lasts `ticks`, and by how many bytes the block has grown. `bytes`: the Cluster. */
export function withBlockDuration(
  bytes: Buffer,
  { cluster, block, time, isKey, previous }: LastBlock,
  ticks: number,
): { readonly cluster: Buffer; readonly blockGrowth: number } {
  const own = elementAt(bytes, block.start - cluster.start);
  const changed = own.id === BLOCK_GROUP ? changedGroup(bytes, own, ticks) : newGroup();
  return {
    cluster: rewrite(bytes, elementAt(bytes, 0), ({ start }) => (start === own.start ? changed : null)),
    blockGrowth: changed.length - (own.end - own.start),
  };

  /** A BlockGroup is a key frame unless it refers to another frame (RFC 9559, 5.1.3.5.5). */
  function newGroup(): Buffer {
    const content = Buffer.from(bytes.subarray(own.content, own.end));
    const flags = vint(content, 0).width + 2;
    content.writeUInt8(content.readUInt8(flags) & INVISIBLE, flags);
    const parts = [encode(BLOCK, content), encode(BLOCK_DURATION, encodeUnsigned(ticks, 1))];
    if (!isKey) {
      expectStructure(previous !== null, 'no frame to refer to');
      parts.push(encode(REFERENCE_BLOCK, encodeSigned(previous - time)));
    }
    return encode(BLOCK_GROUP, Buffer.concat(parts));
  }
}

function changedGroup(bytes: Buffer, group: Element, ticks: number): Buffer {
  let hasDuration = false;
  const changed = rewrite(bytes, group, (child) => {
    if (child.id !== BLOCK_DURATION) return null;
    hasDuration = true;
    return encode(child.id, encodeUnsigned(ticks, child.end - child.content), sizeWidth(child));
  });
  if (hasDuration) return changed;
  const duration = encode(BLOCK_DURATION, encodeUnsigned(ticks, 1));
  return rewrite(bytes, group, ({ id, start, end }) =>
    id === BLOCK ? Buffer.concat([bytes.subarray(start, end), duration]) : null,
  );
}
