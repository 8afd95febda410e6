import type { NodeStatus } from 'node-red';
import type { BatchTotals } from '../../src/batch/totals';
import type { BatchState } from '../jobs/batchRegistry';
import { clip, clock } from '../message/status';

/** The line below a batch node; `null`: nothing was started yet. */
export function batchStatus(state: BatchState, totals: BatchTotals): NodeStatus {
  const { files, waiting, running, failed, eta, share } = totals;
  const over = files - waiting - running;
  switch (state) {
    case 'running': {
      const part = share === null ? '' : ` ${Math.floor(100 * share)}%`;
      const left = eta === null ? '' : ` ${clock(eta)}`;
      return { fill: 'blue', shape: 'dot', text: clip(`${over}/${files}${part}${left}`) };
    }
    case 'paused':
      return { fill: 'yellow', shape: 'ring', text: clip(`paused ${over}/${files}`) };
    case 'watching':
      return failed > 0 ? someFailed(totals) : { fill: 'green', shape: 'ring', text: 'watching' };
    case 'over':
      return failed > 0 ? someFailed(totals) : { fill: 'green', shape: 'dot', text: clip(`done ${files}`) };
  }
}

const someFailed = ({ files, failed }: BatchTotals): NodeStatus => ({
  fill: 'red',
  shape: 'ring',
  text: clip(`${failed} of ${files} failed`),
});
