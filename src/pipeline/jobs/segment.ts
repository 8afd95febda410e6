/** A finished segment of the video. */
export interface Segment {
  readonly file: string;
  readonly frames: number;
  /** Size of its file. */
  readonly bytes: number;
  /** Size of the file beside it that `hashesOf` names, with the hashes of its frames; absent in a job without a record. */
  readonly hashBytes?: number;
}

/** The file of the hashes of a segment's frames, beside it. */
export const hashesOf = (segment: string): string => `${segment}.sha256`;

export const frameCount = (segments: readonly Pick<Segment, 'frames'>[]): number =>
  segments.reduce((sum, { frames }) => sum + frames, 0);
