import assert from 'node:assert/strict';
import { progressBar } from '../../src/cli/progressBar';
import type { Progress } from '../../src/settings/restoreJob';

describe('the progress of a video', () => {
  const progress: Progress = {
    ...{ stage: 'restoring', frame: 5, total: 10, share: 0.5, fps: 5, eta: 1, cacheStats: null },
    workers: [
      { name: 'nas', fps: 1.5 },
      { name: 'pc\u001b[2J', fps: 3.5 },
    ],
  };
  const shown = (isTTY: boolean, act: (bar: ReturnType<typeof progressBar>) => void): string => {
    let text = '';
    const stream = { isTTY, columns: 80, write: (part: string) => void (text += part) };
    act(progressBar(stream as unknown as NodeJS.WriteStream, null));
    return text;
  };
  const bar = 'restoring ████████████░░░░░░░░░░░░  50%  frame 5 of 10  5.00 fps  1s left';
  const workers = 'workers  nas 1.50 fps, pc\\u001b[2J 3.50 fps';

  it('is a bar, and a line with the speed of each worker, below the notes of a terminal', () => {
    const text = shown(true, ({ progress: show, end }) => {
      show({ ...progress, workers: [] });
      show({ ...progress, warnings: ['a worker was left out'] });
      end();
    });
    const redraw = '\u001b[1A\r\u001b[0J';
    assert.equal(text, `${bar}\n${redraw}note: a worker was left out\n${bar}\n${redraw}${bar}\n${workers}\n`);
  });

  it('is a line elsewhere', () => {
    const text = shown(false, ({ progress: show, end }) => {
      show(progress);
      end();
    });
    assert.equal(text, `${bar}  ${workers}\n`);
  });
});
