import type { Container } from '../../../settings/container';
import type { Colour } from '../colour';
import type { VideoDescription } from '../describe/describeVideo';
import type { DecidedStreams } from '../streams/decideStreams';
import type { PacketSpan } from '../streams/packets';

/** What a result was made from, and how. */
export interface Made {
  readonly source: VideoDescription;
  readonly isInterlaced: boolean;
  readonly streams: DecidedStreams;
  readonly container: Container;
  /** Of the encoded frames. */
  readonly colour: Colour;
  /** Whether metadata, chapters and the like are wanted. */
  readonly extras: boolean;
  /** Whether a part of the source is left out on purpose. */
  readonly isCut: boolean;
}

/** The packets of each carried stream in the source and in the finished result, where it is found. */
export type CarriedSpans = readonly { readonly source: PacketSpan | null; readonly result: PacketSpan | null }[];
