import assert from 'node:assert/strict';
import { batchProgress } from '../../src/cli/batchProgress';
import type { BatchFile, BatchTotals } from '../../src/index';

describe('the progress of a batch', () => {
  const totals: BatchTotals = {
    files: 3,
    waiting: 1,
    running: 1,
    done: 1,
    skipped: 0,
    failed: 0,
    eta: 90,
    share: 0.25,
  };
  const progress = { stage: 'restoring', frame: 5, total: 10, share: 0.5, fps: 5, eta: 1, cacheStats: null } as const;
  const file: BatchFile = {
    ...{ id: 1, input: '/in/a\u001b[2J.mov', output: '/out/a.mp4', state: 'running', error: null, seconds: null },
    ...{ frames: null, model: null, warnings: [], progress },
  };
  const done: BatchFile = { ...file, state: 'done', seconds: 62, frames: 10, warnings: ['x'], progress: null };
  const shown = (isTTY: boolean, act: (shown: ReturnType<typeof batchProgress>) => void): string => {
    let text = '';
    const stream = { isTTY, columns: 100, write: (part: string) => void (text += part) };
    act(batchProgress(stream as unknown as NodeJS.WriteStream, null));
    return text;
  };

  it('is a bar for the file and one for all on a terminal, with finished files above them', () => {
    const text = shown(true, ({ events, end }) => {
      events.onPlanned?.({ ...totals, running: 0, waiting: 3, done: 0 });
      events.onProgress?.(file, totals);
      events.onFile?.(done, { ...totals, running: 0, done: 2 });
      end();
    });
    const bars =
      '/in/a\\u001b[2J.mov  restoring ████████████░░░░░░░░░░░░  50%  frame 5 of 10  5.00 fps  1s left\n' +
      'all ██████░░░░░░░░░░░░░░░░░░  25%  file 2 of 3  1m 30s left\n';
    const redraw = '\u001b[2A\r\u001b[0J';
    assert.equal(
      text,
      `3 files: 3 to restore, about 1m 30s.\n${bars}${redraw}` +
        `[1/3] /in/a\\u001b[2J.mov: 10 frames in 1m 02s, /out/a.mp4 (1 note)\n${bars}${redraw}`,
    );
  });
  it('is a bar for each of two files that workers restore, with the speed of each worker', () => {
    const made = (workers: readonly object[]) => ({ progress: { ...progress, workers } }) as Partial<BatchFile>;
    const both = { ...totals, running: 2, waiting: 0 };
    const text = shown(true, ({ events }) => {
      events.onFile?.({ ...file, progress: null }, totals);
      events.onProgress?.({ ...file, ...made([{ name: 'pc', fps: 3.5 }]) }, both);
      const workers = [
        { name: 'pc', fps: 3.5 },
        { name: 'nas', fps: null },
      ];
      events.onFile?.({ ...file, id: 2, input: '/in/b.mov', ...made(workers) }, both);
    });
    assert.deepEqual(text.split('\u001b[0J').at(-1)!.split('\n'), [
      '/in/a\\u001b[2J.mov  restoring ████████████░░░░░░░░░░░░  50%  frame 5 of 10  5.00 fps  1s left',
      '/in/b.mov  restoring ████████████░░░░░░░░░░░░  50%  frame 5 of 10  5.00 fps  1s left',
      'workers  pc 3.50 fps, nas …',
      'all ██████░░░░░░░░░░░░░░░░░░  25%  file 2 of 3  1m 30s left',
      '',
    ]);
  });
  it('is a line per file elsewhere', () => {
    const text = shown(false, ({ events, done: end }) => {
      events.onProgress?.(file, totals);
      events.onFile?.(file, totals);
      events.onFile?.(done, totals);
      end({ ...totals, running: 0, waiting: 0, done: 3 }, 'out');
    });
    assert.deepEqual(text.split('\n'), [
      '[1/3] /in/a\\u001b[2J.mov: 10 frames in 1m 02s, /out/a.mp4 (1 note)',
      '3 files: 3 done. The reports are in out: report.csv, report.json.',
      '',
    ]);
  });
});
