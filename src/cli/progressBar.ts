import { Throttle } from '../async/throttle';
import { printable } from '../errors';
import { estimateWords } from '../settings/estimate';
import type { AutoModel, Progress, Result } from '../settings/restoreJob';

/** Shows the progress of a job: a bar on a terminal, a line every ten seconds elsewhere, objects with `json`. */
export interface ProgressBar {
  progress(progress: Progress): void;
  done(result: Result): void;
  /** Shows nothing more, and moves the cursor to a new line. */
  end(): void;
}

/** Minimum interval between lines without a terminal. */
const PLAIN_MS = 10_000;
const BAR = 24;

export function progressBar(stream: NodeJS.WriteStream, json: ((value: object) => void) | null): ProgressBar {
  let drawn = false;
  const newLine = (): void => {
    if (drawn) stream.write('\n');
    drawn = false;
  };
  const lines = new Throttle<Progress>((progress) => stream.write(`${describe(progress)}\n`), PLAIN_MS);
  const noted = new Set<string>();
  const say = (kind: string, texts: readonly string[]): void => {
    const news = texts.filter((text) => !noted.has(text));
    if (news.length > 0) newLine();
    for (const text of news) stream.write(`${kind}: ${printable(text)}\n`);
    for (const text of news) noted.add(text);
  };
  const note = (warnings: readonly string[]): void => say('note', warnings);
  const end = (): void => {
    lines.close();
    newLine();
  };
  return {
    end,
    progress(progress) {
      if (json) return json({ progress });
      if (progress.auto) say('auto', [choiceOf(progress.auto)]);
      if (progress.estimate) say('estimate', [estimateWords(progress.estimate, duration)]);
      note(progress.warnings ?? []);
      if (stream.isTTY) {
        stream.write(`\r\u001b[2K${describe(progress).slice(0, (stream.columns || 80) - 1)}`);
        drawn = true;
        return;
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

/** Names that fit into a line. */
const NAMES = 4;

const workersOf = ({ workers = [] }: Progress): string =>
  workers.length === 0
    ? ''
    : `  ${workers
        .slice(0, NAMES)
        .map(({ name, fps }) => (fps === null ? name : `${name} ${fps.toFixed(2)}`))
        .join(', ')}${workers.length > NAMES ? ` and ${workers.length - NAMES} more` : ''}`;

export function describe(progress: Progress): string {
  const { stage, frame, total, share, fps, eta } = progress;
  if (stage !== 'restoring' && stage !== 'finishing') return stage;
  const part = share ?? (total ? frame / total : null);
  const bar = part === null ? '' : shareBar(part);
  const speed = fps === null ? '' : `  ${fps.toFixed(2)} fps`;
  const left = eta === null ? '' : `  ${duration(eta)} left`;
  return `${stage} ${bar}frame ${frame}${total === null ? '' : ` of ${total}`}${speed}${left}${printable(workersOf(progress))}`;
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
