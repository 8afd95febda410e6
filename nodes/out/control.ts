import type { NodeMessage } from 'node-red';
import { RemasterError } from '../../src/errors';
import type { PendingJob, PendingJobs } from '../jobs/pendingJobs';
import type { Action } from '../message/actions';
import type { Input } from '../message/input';
import type { LiveJobs } from './liveJobs';

/** Applies an action to the file jobs of a node. Throws for a snapshot, which needs a camera. */
export async function controlFiles(jobs: PendingJobs<PendingJob>, action: Action): Promise<void> {
  switch (action) {
    case 'stop':
      return jobs.stop();
    case 'pause':
      return jobs.pause();
    case 'skip':
      return jobs.skip();
    case 'restart':
      return jobs.restart();
    case 'start':
    case 'resume':
      if (jobs.isPaused) jobs.resume();
      return;
    case 'snapshot':
      throw noSnapshot();
  }
}

/** Applies an action to the cameras of a node. A camera cannot wait: what would pause a file stops it. */
export async function controlCameras(
  cameras: Pick<LiveJobs, 'snapshot' | 'restart' | 'stop'>,
  action: Action,
  input: Input,
): Promise<void> {
  switch (action) {
    case 'snapshot':
      return cameras.snapshot(input);
    case 'start':
    case 'resume':
      return cameras.restart(input.send);
    case 'restart':
      await cameras.stop();
      return cameras.restart(input.send);
    case 'stop':
    case 'pause':
    case 'skip':
      return cameras.stop();
  }
}

/** The message of an action becomes one with the last video, which starts that job again. The message is changed in place. */
export function repeatLast(action: Action, last: Pick<NodeMessage, 'topic' | 'video'> | null, input: Input): Input {
  if (last === null) throw noVideoYet(action);
  const { msg } = input;
  delete msg['action'];
  delete msg['reset'];
  Object.assign(msg, last);
  return input;
}

const noVideoYet = (action: Action): RemasterError =>
  new RemasterError('NO_PLAN', `Cannot ${action}: this node has not received a video yet.`, {
    remedy: 'Send a file through the video in node first.',
  });

const noSnapshot = (): RemasterError =>
  new RemasterError('BAD_SETTING', 'A snapshot needs a camera, and no camera runs here.', {
    remedy: 'Start a camera first.',
  });
