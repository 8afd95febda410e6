import type { RestoredPart } from './restorePart';
import type { Shot, TriedModel } from './trial';
import type { Try } from './tries';

/** What one try has shown so far. */
export interface Measured {
  readonly parts: Omit<RestoredPart, 'still'>[];
  readonly shots: Shot[];
}

/** Adds a part to `measured`. */
export function addShot(measured: Measured, { still: _still, ...part }: RestoredPart, shot: Shot): void {
  measured.parts.push(part);
  measured.shots.push(shot);
}

/** A try as measured over its parts. `frames`: of the whole source; null when unknown. */
export function triedModel(
  { name, title }: Pick<Try, 'name' | 'title'>,
  { parts, shots }: Measured,
  frames: number | null,
): Omit<TriedModel, 'command'> {
  const { width, height, model } = parts[0]!;
  const made = parts.reduce((sum, { framesOut }) => sum + framesOut, 0);
  const seconds = parts.reduce((sum, part) => sum + part.seconds * part.framesOut, 0) / made;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0) / made;
  return {
    ...{ name, title, steps: model.steps, provider: model.provider, width, height, seconds },
    total: frames === null ? null : frames * seconds,
    bytes: frames === null ? null : frames * bytes,
    added: {
      mean: shots.reduce((sum, { added }) => sum + added.mean, 0) / shots.length,
      share: shots.reduce((sum, { added }) => sum + added.share, 0) / shots.length,
    },
  };
}
