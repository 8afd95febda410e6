import type { JobRecord, Maker } from './record';
import { readHashes } from './segmentHashes';

/** Who made the frames of the segments, in order. */
export async function makersOf(segments: readonly string[]): Promise<JobRecord['makers']> {
  const makers: { maker: Maker; frames: number }[] = [];
  for (const segment of segments) {
    for await (const one of readHashes(segment)) {
      if (!('maker' in one)) makers.at(-1)!.frames++;
      else if (JSON.stringify(one.maker) !== JSON.stringify(makers.at(-1)?.maker))
        makers.push({ maker: one.maker, frames: 0 });
    }
  }
  return makers.map(({ maker, frames }) => ({ ...maker, frames }));
}
