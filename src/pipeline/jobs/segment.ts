/** A finished segment of the video. */
export interface Segment {
  readonly file: string;
  readonly frames: number;
  /** Size of its file. */
  readonly bytes: number;
}

export const frameCount = (segments: readonly Pick<Segment, 'frames'>[]): number =>
  segments.reduce((sum, { frames }) => sum + frames, 0);
