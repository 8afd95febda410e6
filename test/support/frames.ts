import { lastValueFrom, type Observable, toArray } from 'rxjs';
import type { Frame } from '../../src/pipeline/media/frame';

/** A frame of one pixel. */
export const frameAt = (pts: number, changes: Partial<Frame> = {}): Frame => ({
  ...{ index: pts, pts, scene: 0, width: 1, height: 1, depth: 8, data: new Uint8Array(3), ...changes },
});

/** Frames at the ticks 0, 1, 2, … */
export async function* frames(count: number): AsyncGenerator<Frame> {
  for (let pts = 0; pts < count; pts++) yield frameAt(pts);
}

export const all = <T>(source: Observable<T>): Promise<T[]> => lastValueFrom(source.pipe(toArray()));

export const ticks = async (source: Observable<Frame>): Promise<number[]> => (await all(source)).map(({ pts }) => pts);
