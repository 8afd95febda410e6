import type { SourceSummary } from '../../src/engine/protocol';
import type { PlanSource } from '../message/plan';
import { clock } from '../message/status';

/** `msg.payload` of a video in node: for Debug nodes and users. */
export const sourceSummary = ({
  label,
  path,
  info,
}: Pick<PlanSource, 'label' | 'path' | 'info'>): {
  readonly text: string;
} & SourceSummary & { file: string; path: string } => ({
  text: [
    label,
    `${info.width}x${info.height}`,
    info.fps === null ? null : `${Math.round(info.fps * 1000) / 1000} fps`,
    info.duration === null ? null : clock(info.duration),
    info.codec,
    info.bitDepth > 8 ? `${info.bitDepth} bit` : null,
    info.interlaced ? 'interlaced' : null,
    info.audio ? null : 'no audio',
  ]
    .filter((part) => part !== null)
    .join(', '),
  file: label,
  path,
  ...info,
});
