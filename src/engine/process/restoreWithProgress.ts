import { Throttle } from '../../async/throttle';
import { usableModels } from '../../model/bundle/modelLibrary';
import { openFaceFinder } from '../../model/inference/openModel';
import { EarlierTrials } from '../../pipeline/jobs/restore/earlierTrials';
import { restoreVideo, type Tools } from '../../pipeline/jobs/restore/restoreVideo';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import { queueAccess } from '../../queue/access';
import { openQueue } from '../../queue/queue';
import type { Reply } from '../protocol';
import { comparison } from './estimateFor';
import { openEarly } from './openEarly';
import { recordTools } from './recordTools';
import type { RestoreJob } from './restoreJobs';

const farmOf =
  (password: string | null): NonNullable<Tools['openFarm']> =>
  async (queue, signal, onWait) =>
    openQueue(await queueAccess(queue, password), signal, { onWait });

/** Restores a video and sends its progress, at most once a second, at each change of its stage and with its first frame. */
export function restoreWithProgress(
  send: (reply: Reply) => void,
  tools: Pick<Tools, 'openModel' | 'onTemporaryPath'>,
): RestoreJob {
  const earlierTrials = new EarlierTrials();
  return async (id, job, queuePassword, { offer }, signal) => {
    const progress = new Throttle<Reply>(send);
    try {
      using early = openEarly(job, tools.openModel);
      const models = { openFaceFinder, modelNames: usableModels, comparison, earlierTrials, record: recordTools() };
      const own = { openFarm: farmOf(queuePassword), binary: await findFfmpeg(), onFrame: offer };
      const all: Tools = { ...tools, ...models, ...own, openModel: early.openModel };
      const result = await restoreVideo(job, all, signal, (now) =>
        progress.push({ type: 'progress', id, progress: now }, `${now.stage}${now.frame > 0 ? ', frames' : ''}`),
      );
      progress.flush();
      return result;
    } finally {
      progress.close();
    }
  };
}
