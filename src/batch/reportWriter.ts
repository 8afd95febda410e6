import { SerialQueue } from '../async/serialQueue';
import type { Batch } from './batch';
import { type BatchFolder } from './batchFolder';
import { type BatchReport, reportCsv, reportJson } from './report';

/** Milliseconds between two writings: a batch that is killed loses no more of its report. */
const INTERVAL = 5000;

/** Writes `report.csv` and `report.json` of a batch while it runs, and at its end. */
export class ReportWriter {
  readonly #started = new Date().toISOString();
  readonly #writing = new SerialQueue();
  #last = -Infinity;

  constructor(
    private readonly out: string,
    private readonly folder: Pick<BatchFolder, 'replace'>,
    private readonly batch: Pick<Batch, 'files' | 'totals'>,
  ) {}

  /** A file has another state. */
  update(): void {
    if (performance.now() < this.#last + INTERVAL) return;
    this.#last = performance.now();
    this.#write(null).catch(() => {}); // the last one reports it
  }

  /** Errors: OUTPUT_UNWRITABLE, DISK_FULL. */
  async end(): Promise<BatchReport> {
    return this.#write(new Date().toISOString());
  }

  #write(ended: string | null): Promise<BatchReport> {
    return this.#writing.run(async () => {
      const { files, totals } = this.batch;
      const report = {
        out: this.out,
        started: this.#started,
        ended,
        totals,
        files: files.map((file) => ({ ...file })),
      };
      await this.folder.replace('report.csv', reportCsv(report));
      await this.folder.replace('report.json', reportJson(report));
      return report;
    });
  }
}
