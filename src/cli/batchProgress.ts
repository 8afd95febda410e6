import { relative } from 'node:path';
import { Throttle } from '../async/throttle';
import { printable } from '../errors';
import type { BatchFile } from '../batch/batchFile';
import type { BatchControl } from '../batch/restoreBatch';
import type { BatchTotals } from '../batch/totals';
import { Bars } from './bars';
import { counted, describe, duration, shareBar, workersLine } from './progressBar';

/** Shows a batch: a bar for each file that runs and one for all on a terminal, a line per file elsewhere, objects with `json`. */
export interface BatchProgress {
  readonly events: Pick<BatchControl, 'onChecked' | 'onPlanned' | 'onFile' | 'onProgress'>;
  /** The last line. `out`: the folder of the reports. */
  done(totals: BatchTotals, out: string): void;
  /** Shows nothing more. */
  end(): void;
}

export function batchProgress(stream: NodeJS.WriteStream, json: ((value: object) => void) | null): BatchProgress {
  const bars = new Bars(stream);
  const running = new Map<number, BatchFile>();
  let over = 0;
  const draw = (totals: BatchTotals): void => bars.draw(barsOf([...running.values()], totals, stream.columns));
  const isLive = stream.isTTY && json === null;
  const say = (text: string): void => void (json === null && bars.print(printable(text)));
  const checked = new Throttle<string>((text) => (isLive ? bars.draw([text]) : undefined));
  const events: BatchProgress['events'] = {
    onChecked: (done, of) => checked.push(`checking file ${done} of ${of}`),
    onPlanned(totals) {
      checked.close();
      if (json) json({ planned: totals });
      else say(planned(totals));
    },
    onFile(file, totals) {
      if (json) return json({ file, totals });
      if (file.state === 'running') running.set(file.id, file);
      else running.delete(file.id);
      const line = lineOf(file);
      if (line !== null) say(`${isOver(file) ? `[${++over}/${totals.files}] ` : ''}${line}`);
      if (isLive && running.size > 0) draw(totals);
    },
    onProgress(file, totals) {
      running.set(file.id, file);
      if (json) json({ progress: { id: file.id, input: file.input, ...file.progress }, totals });
      else if (isLive) draw(totals);
    },
  };
  const end = (): void => {
    checked.close();
    bars.draw([]);
  };
  return {
    events,
    end,
    done(totals, out) {
      end();
      if (json) json({ totals });
      else say(`${counts(totals)}. The reports are in ${printable(out)}: report.csv, report.json.`);
    },
  };
}

const isOver = ({ state }: BatchFile): boolean => state !== 'waiting' && state !== 'running';

/** `running`: the files that are restored now. */
function barsOf(running: readonly BatchFile[], totals: BatchTotals, columns = 80): string[] {
  const over = totals.files - totals.waiting - totals.running;
  const left = totals.eta === null ? '' : `  ${duration(totals.eta)} left`;
  const lines = [
    ...running.map(({ input, progress }) => `${nameOf(input)}  ${progress ? describe(progress) : 'starting'}`),
    ...workersLine(running.flatMap(({ progress }) => progress?.workers ?? [])),
    `all ${totals.share === null ? '' : shareBar(totals.share)}file ${over + 1} of ${totals.files}${left}`,
  ];
  return lines.map((line) => line.slice(0, columns - 1));
}

/** The line about a file that has changed its state; null for none. */
function lineOf(file: BatchFile): string | null {
  const { state, input, output, error, frames, seconds, warnings } = file;
  const notes = warnings.length === 0 ? '' : ` (${counted(warnings.length, 'note')})`;
  switch (state) {
    case 'waiting':
      return `${nameOf(input)}: stopped`;
    case 'running':
      return null;
    case 'done':
      return `${nameOf(input)}: ${counted(frames!, 'frame')} in ${duration(seconds!)}, ${nameOf(output!)}${notes}`;
    case 'skipped':
      return `${nameOf(input)}: done before, ${nameOf(output!)}`;
    case 'failed':
      return `${nameOf(input)}: ${error!.code}: ${error!.message} ${error!.remedy}`.trim();
  }
}

function planned(totals: BatchTotals): string {
  const { waiting, eta } = totals;
  const time = waiting === 0 ? '' : eta === null ? ', for an unknown time' : `, about ${duration(eta)}`;
  return `${counts(totals)}${time}.`;
}

function counts({ files, done, skipped, failed, waiting }: BatchTotals): string {
  const parts: readonly [number, string][] = [
    [done, 'done'],
    [skipped, 'done before'],
    [failed, 'failed'],
    [waiting, 'to restore'],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${counted(files, 'file')}: ${said.join(', ') || 'none'}`;
}

/** Relative to the working folder, where that is shorter. */
function nameOf(path: string): string {
  const short = relative('', path);
  return printable(short.length < path.length ? short : path);
}
