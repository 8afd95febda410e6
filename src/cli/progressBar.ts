import { Throttle } from '../async/throttle';
import { printable } from '../errors';
import { estimateWords } from '../settings/estimate';
import type { AutoModel, Progress, Result } from '../settings/restoreJob';
import { Bars } from './bars';

/** Shows the progress of a job: a bar on a terminal, a line every ten seconds elsewhere, objects with `json`. */
export interface ProgressBar {
  progress(progress: Progress): void;
  done(result: Result): void;
  /** Shows nothing more. */
  end(): void;
}

/** Minimum interval between lines without a terminal. */
const PLAIN_MS = 10_000;
const BAR = 24;

export function progressBar(stream: NodeJS.WriteStream, json: ((value: object) => void) | null): ProgressBar {
  const bars = new Bars(stream);
  const linesOf = (progress: Progress): string[] => [describe(progress), ...workersLine(progress.workers ?? [])];
  const lines = new Throttle<Progress>((progress) => stream.write(`${linesOf(progress).join('  ')}\n`), PLAIN_MS);
  const noted = new Set<string>();
  const say = (kind: string, texts: readonly string[]): void => {
    for (const text of texts.filter((one) => !noted.has(one))) {
      bars.print(`${kind}: ${printable(text)}`);
      noted.add(text);
    }
  };
  const note = (warnings: readonly string[]): void => say('note', warnings);
  const end = (): void => {
    lines.close();
    bars.leave();
  };
  return {
    end,
    progress(progress) {
      if (json) return json({ progress });
      if (progress.auto) say('auto', [choiceOf(progress.auto)]);
      if (progress.estimate) say('estimate', [estimateWords(progress.estimate, duration)]);
      note(progress.warnings ?? []);
      if (stream.isTTY) {
        const width = (stream.columns || 80) - 1;
        return bars.draw(linesOf(progress).map((line) => line.slice(0, width)));
      }
      lines.push(progress, progress.stage);
    },
    done(result) {
      end();
      if (json) return json({ result });
      const { output, framesOut, width, height, elapsed, fps, bytes, warnings, resumedFrom, model, faces, cacheStats } =
        result;
      const how = `${model.name}, ${counted(model.steps, 'step')} on ${model.provider}, ${result.encoder}`;
      note(warnings);
      const resumed = resumedFrom > 0 ? `, ${resumedFrom} of them from the previous run` : '';
      const restored = faces
        ? `, ${faces.found} faces restored (none in ${counted(faces.framesWithout, 'frame')})`
        : '';
      const saved =
        cacheStats && cacheStats.share >= 0.005 ? `, ${Math.round(100 * cacheStats.share)} % of tiles unchanged` : '';
      stream.write(
        `${printable(output)}: ${counted(framesOut, 'frame')}${resumed}${restored}, ${width}×${height}, ${(bytes / 1e6).toFixed(1)} MB, ` +
          `${duration(elapsed)} (${fps.toFixed(2)} fps, ${how}${saved})\n`,
      );
    },
  };
}

/** The model that was chosen, why, and how long it takes: half a sentence. */
const choiceOf = ({ model, reason, seconds }: AutoModel): string =>
  `${model}, because ${reason}${seconds === null ? '' : `; about ${duration(seconds)}`}`;

/** Of a job that other machines make: who is at work, with its frames per second. Empty: none. */
export function workersLine(workers: NonNullable<Progress['workers']>): string[] {
  const speeds = new Map(workers.map(({ name, fps }) => [name, fps])); // one may work for two videos
  const said = [...speeds].map(([name, fps]) => `${name} ${fps === null ? '…' : `${fps.toFixed(2)} fps`}`);
  return said.length === 0 ? [] : [printable(`${said.length === 1 ? 'worker' : 'workers'}  ${said.join(', ')}`)];
}

export function describe(progress: Progress): string {
  const { stage, frame, total, share, fps, eta } = progress;
  if (stage !== 'restoring' && stage !== 'finishing') return stage;
  const part = share ?? (total ? frame / total : null);
  const bar = part === null ? '' : shareBar(part);
  const speed = fps === null ? '' : `  ${fps.toFixed(2)} fps`;
  const left = eta === null ? '' : `  ${duration(eta)} left`;
  return `${stage} ${bar}frame ${frame}${total === null ? '' : ` of ${total}`}${speed}${left}`;
}

/** `part`: 0…1. */
export const shareBar = (part: number): string =>
  `${'█'.repeat(Math.round(part * BAR)).padEnd(BAR, '░')} ${String(Math.floor(part * 100)).padStart(3)}%  `;

/** `1 frame`, `2 frames`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** 5s, 3m 07s, 2h 05m. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}
