import type { Finding, RemadeFrame } from '../../../../settings/verifyJob';
import { differentVersions, makesSameBytes, thisMaker } from '../record/machine';
import type { JobRecord, Maker } from '../record/record';
import { samplePixels, samplePsnr } from '../record/samplePixels';
import { differs, note, same } from './findings';
import { ranges } from './ranges';
import type { Remade } from './remakeFrames';

/** In dB: a difference of one level in one of fifteen samples. */
const SAME_PSNR = 60;

/** A restored frame compared with the record. `isSameKind`: its maker makes the same bytes here. */
export interface ComparedFrame extends RemadeFrame {
  readonly isSameKind: boolean;
}

/** Compares a frame that was restored again. */
export async function compareFrame(
  { restored, makers }: JobRecord,
  { index, sha256, frame, provider }: Remade,
  here: Pick<Maker, 'onnxruntime' | 'ffmpeg'>,
): Promise<ComparedFrame> {
  const maker = makerOf(makers, index);
  const isSameKind = makesSameBytes(maker, await thisMaker({ ...here, provider, threads: 0 }));
  const isEqual = sha256 === restored.sha256[index];
  const sample = restored.samples.find(([at]) => at === index)?.[1];
  const known = sample === undefined ? null : Buffer.from(sample, 'base64');
  const psnr = isEqual || known === null ? null : samplePsnr(samplePixels(frame), known, frame.depth);
  return { frame: index, isEqual, psnr, isSameKind };
}

/** Who made a frame. */
export function makerOf(makers: JobRecord['makers'], frame: number): Maker {
  let end = 0;
  return makers.find(({ frames }) => frame < (end += frames)) ?? makers.at(-1)!;
}

/** `wanted`: how many there should be. */
export function restoredFindings(
  record: JobRecord,
  frames: readonly ComparedFrame[],
  wanted: number,
  here: Maker,
): readonly Finding[] {
  const versions = [...new Set(record.makers.flatMap((maker) => differentVersions(maker, here)))];
  const of = (some: readonly ComparedFrame[]): string =>
    `frame${some.length === 1 ? '' : 's'} ${ranges(some.map(({ frame }) => frame))}`;
  const equal = frames.filter(({ isEqual }) => isEqual);
  const close = frames.filter(
    ({ isEqual, isSameKind, psnr }) => !isEqual && !isSameKind && psnr !== null && psnr >= SAME_PSNR,
  );
  const other = frames.filter((frame) => !equal.includes(frame) && !close.includes(frame));
  const findings: Finding[] = [];
  if (versions.length > 0)
    findings.push(note('versions', 'VERSION_CHANGED', `made by other versions: ${versions.join('; ')}`));
  if (equal.length > 0) findings.push(same('restored', `${of(equal)} restored again: equal bytes`));
  if (close.length > 0) {
    const least = Math.min(...close.map(({ psnr }) => psnr!));
    const why = 'another machine or version made them, so a PSNR of 60 dB is enough';
    findings.push(
      same('restored', `${of(close)} restored again: not the same bytes, but at least ${least.toFixed(1)} dB; ${why}`),
    );
  }
  if (other.length > 0) {
    const psnrs = other.map(({ psnr }) => psnr).filter((psnr) => psnr !== null);
    const least = psnrs.length > 0 ? `, ${Math.min(...psnrs).toFixed(1)} dB` : '';
    const words = `${of(other)} restored again: not as recorded${least}`;
    findings.push(
      versions.length > 0
        ? differs('restored', 'VERSION_CHANGED', `${words}; made by other versions: ${versions.join('; ')}`)
        : differs('restored', 'FRAMES_DIFFER', words),
    );
  }
  if (frames.length < wanted)
    findings.push(
      differs('restored', 'FRAMES_DIFFER', `the source gave ${frames.length} of the ${wanted} frames to compare`),
    );
  return findings;
}
