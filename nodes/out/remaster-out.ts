import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { singleFlight } from '../../src/async/singleFlight';
import { Throttle } from '../../src/async/throttle';
import { engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import type { Progress } from '../../src/settings/restoreJob';
import { serveLive } from '../http/liveRoutes';
import { editorId, type RegisteredJob, registerJob } from '../jobs/jobRegistry';
import { PendingJobs, type PendingJob, type Outcome } from '../jobs/pendingJobs';
import { recordThroughput, pixelsOf } from '../jobs/throughput';
import { ACTIONS, actionOf, type Action } from '../message/actions';
import { anyPlanOf, isLive } from '../message/livePlan';
import { nodeError } from '../message/nodeError';
import { sources, stages } from '../message/nodeRegistry';
import { show, type Plan } from '../message/plan';
import * as status from '../message/status';
import { buildJob, type OutConfig } from './buildJob';
import { LiveJobs } from './liveJobs';
import { progressMessage, resultPayload, whole } from './resultMessages';
import { suspendJobs, takeSuspended } from './suspendedJobs';
import { VideoAssemblies } from './videoFromImages';

type Send = (msg: (NodeMessage | null)[]) => void;
type Done = (error?: Error) => void;

interface NodeOrder extends PendingJob {
  readonly msg: NodeMessageInFlow;
  readonly done: Done;
  readonly posted: RegisteredJob;
}

/** Files that jobs of any node are going to write. */
const promised = new Set<string>();

export default function remasterOut(RED: NodeAPI): void {
  serveLive(RED);

  function RemasterOut(this: Node, config: OutConfig): void {
    RED.nodes.createNode(this, config);
    let isClosed = false;
    /** What the status says when nothing is to be done. */
    let resting = status.waiting;
    /** Upscale nodes that show the speed of a job of ours. */
    const showing = new Set<string>();
    /** Messages that wait for their turn to become jobs. */
    const pending = new Set<NodeMessageInFlow>();
    let turn = Promise.resolve();
    /** What `start` and `restart` begin again when nothing runs. */
    let last: Pick<NodeMessage, 'topic' | 'video'> | null = null;

    let shown = '';
    const line = new Throttle<NodeStatus>((words) => {
      const now = JSON.stringify(words);
      if (now !== shown) this.status(words);
      shown = now;
    });
    line.final(resting);
    const lives = new LiveJobs(RED, this, config, (words, isLast) => (isLast ? line.final(words) : line.push(words)));

    const films = new VideoAssemblies(this, RED, config, promised, (words, isLast) => {
      if (isLast) resting = words;
      if (jobs.isEmpty) line[isLast ? 'final' : 'push'](words);
    });

    const jobs = new PendingJobs<NodeOrder>(() => {
      const { standing } = jobs;
      if (standing.is !== 'running') rest();
      if (standing.is === 'empty') line.final(resting);
      else if (standing.is === 'paused') line.final(status.paused(standing.progress));
      else if (standing.is === 'queued') line.push(status.queued(standing.position));
      else line.push(standing.progress === null ? status.starting : status.running(standing.progress));
    });
    const rest = (): void => {
      for (const id of showing) stages.get(id)?.show(null);
      showing.clear();
    };

    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      if (action === null && films.wants(msg)) {
        turn = turn.then(() => films.take(msg, send, done));
        return;
      }
      const isPlan = action === null || (action === 'start' && msg['video'] !== undefined);
      if (isPlan) pending.add(msg);
      // one after the other: a stop ends what came before it, and not what comes after
      turn = turn.then(() => receive(isPlan ? null : action, msg, send, done));
    });

    const receive = async (action: Action | null, msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      if (isClosed) return; // `close` has taken what was pending
      try {
        if (action === null) await begin(msg, send, done);
        else await act(action, msg, send, done);
      } catch (error) {
        resting = status.failed(error);
        if (jobs.isEmpty) line.final(resting);
        done(nodeError(error));
      } finally {
        pending.delete(msg);
      }
    };

    const begin = async (msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      if (msg['video'] === undefined && msg['action'] !== undefined) throw unknownAction(msg['action']);
      const plan = anyPlanOf(msg);
      if (isLive(plan)) return lives.begin(plan, msg, send, done);
      if ((config.target ?? 'file') !== 'file') throw notLive(plan.source.label);
      const { job, stage, model } = await buildJob(RED, this, config, msg, plan, (path) => promised.has(path));
      if (isClosed) return;
      last = { video: plan, ...(msg.topic === undefined ? {} : { topic: msg.topic }) };
      promised.add(job.output);
      const news = new Throttle<Progress>((progress) => {
        if (!isClosed) send([null, progressMessage(plan, progress)]);
      });
      const engine = engineFor(model);
      const posted = registerJob({
        node: editorId(this),
        stage: editorId(RED.nodes.getNode(stage.node) ?? { id: stage.node }),
        label: plan.source.label,
        model: stage.model,
        file: { job, info: plan.source.info },
        state: () => jobs.standingOf(order),
        control(wish) {
          if (wish === 'stop') void jobs.drop(order);
          else if (wish === 'pause') void jobs.pause();
          else jobs.resume();
        },
        pair: singleFlight(async () => {
          const id = jobs.idOf(order);
          return id === null ? null : engine.ask('pair', { job: id });
        }),
        async preview() {
          const id = jobs.idOf(order);
          return id === null ? null : engine.ask('preview', { job: id });
        },
      });
      const order: NodeOrder = {
        job,
        engine,
        posted,
        msg,
        done,
        onProgress: (progress) => {
          if (isClosed) return;
          if (progress.stage === 'restoring') {
            showing.add(stage.node);
            stages.get(stage.node)?.show(progress);
            if (progress.fps !== null) recordThroughput(job, progress.fps * pixelsOf(job, plan.source.info));
          }
          news.push(progress);
        },
        onEnd: (outcome) => {
          promised.delete(job.output);
          if (outcome.status === 'done') news.final(whole(outcome.result));
          news.close();
          posted.end(outcome);
          end(plan, outcome, msg, send, done);
        },
      };
      jobs.add(order);
    };

    const end = (plan: Plan, outcome: Outcome, msg: NodeMessageInFlow, send: Send, done: Done): void => {
      const payload = resultPayload(plan, outcome);
      switch (outcome.status) {
        case 'done':
          resting = status.done(outcome.result.elapsed);
          send([Object.assign(msg, { filename: outcome.result.output, payload }), null]);
          done();
          break;
        case 'stopped':
          resting = status.stopped;
          send([Object.assign(msg, { payload }), null]);
          done();
          break;
        case 'failed':
          resting = status.failed(outcome.error);
          // a copy: the Catch node gets the message as it came
          send([Object.assign(RED.util.cloneMessage(msg), { payload }), null]);
          done(nodeError(outcome.error));
          break;
      }
    };

    const act = async (action: Action, msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      if (action === 'stop' || action === 'skip') await films.stop();
      if (lives.isKnown) return actLive(action, msg, send, done);
      if (action === 'snapshot') throw noSnapshot();
      if (jobs.isEmpty && (action === 'start' || action === 'restart')) {
        if (last === null) throw nothingTo(action);
        delete msg['action']; // from here on it is a message that brings a video
        delete msg['reset'];
        await begin(Object.assign(msg, last), send, done); // done() comes when that job ends
        return;
      }
      if (action === 'stop') await jobs.stop();
      else if (action === 'pause') await jobs.pause();
      else if (action === 'skip') await jobs.skip();
      else if (action === 'restart') await jobs.restart();
      else if (jobs.isPaused) jobs.resume();
      done();
    };

    const actLive = async (action: Action, msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      if (action === 'snapshot') await lives.snapshot(msg, send);
      else if (action === 'start' || action === 'resume') await lives.restart(send);
      else await lives.stop(send);
      if (action === 'restart') await lives.restart(send);
      done();
    };

    // a job that a deploy interrupted goes on, once the nodes it names are there again
    const kept = takeSuspended(this.id);
    const goOn = (): void => {
      if (kept?.isPaused) void jobs.pause();
      for (const msg of kept?.messages ?? []) if (!isOfGoneCamera(msg)) this.receive(msg);
    };
    if (kept) RED.events.once('flows:started', goOn);

    this.on('close', (removed: boolean, closed: () => void) => {
      isClosed = true;
      RED.events.off('flows:started', goOn);
      line.close();
      void leave(removed).finally(closed);
    });

    const leave = async (removed: boolean): Promise<void> => {
      const { isPaused } = jobs;
      const waiting = [...pending];
      const [orders, streams] = await Promise.all([jobs.leave(), lives.leave(), films.close()]);
      rest();
      for (const { job, posted } of orders) {
        promised.delete(job.output);
        posted.remove();
      }
      if (!removed) {
        // not over, so not done(): that comes when the job ends
        const all = [...orders, ...streams].map(({ msg }) => msg);
        suspendJobs(this.id, { messages: [...new Set([...all, ...waiting])], isPaused });
        return;
      }
      for (const { msg, done } of [...orders, ...streams]) {
        msg.payload = { status: 'stopped' };
        done();
      }
    };
  }
  RED.nodes.registerType('remaster-out', RemasterOut, {
    settings: { remasterOutAllowedFolders: { value: undefined, exportable: false } },
  });
}

const unknownAction = (action: unknown): RemasterError =>
  new RemasterError('BAD_SETTING', `msg.action is ${show(action)}, which this node does not know.`, {
    remedy: `Use one of ${ACTIONS.join(', ')}.`,
  });

const nothingTo = (action: Action): RemasterError =>
  new RemasterError('NO_PLAN', `There is nothing to ${action}: no video has come yet.`, {
    remedy: 'Send a file through the video in node first.',
  });

/** A camera that was taken out of the flow is not missed; a file would be. */
const isOfGoneCamera = (msg: NodeMessageInFlow): boolean => {
  const plan = msg['video'] as { kind?: unknown; source?: { node?: string } } | undefined;
  return plan?.kind === 'live' && !sources.get(plan.source?.node ?? '')?.live;
};

const notLive = (label: string): RemasterError =>
  new RemasterError('BAD_SETTING', `${show(label)} is a file, and this video out node is set up for cameras.`, {
    remedy: 'Choose the target “a video file”.',
  });

const noSnapshot = (): RemasterError =>
  new RemasterError('BAD_SETTING', 'A snapshot is of a camera, and none runs here.', {
    remedy: 'Begin a camera first.',
  });
