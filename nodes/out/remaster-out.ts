import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import { serveLive } from '../http/liveRoutes';
import { ACTIONS, actionOf, type Action } from '../message/actions';
import { CREDENTIALS } from '../message/credentials';
import { anyPlanOf, isLive } from '../message/livePlan';
import { nodeError } from '../message/nodeError';
import type { NodeRegistry } from '../message/nodeRegistry';
import { show } from '../message/planFields';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import { type OutConfig, targetOf } from './buildJob';
import { FileJobs } from './fileJobs';
import { LiveJobs } from './liveJobs';
import { OutStatus } from './outStatus';
import { VideoAssemblies } from './videoFromImages';

type Send = (msg: (NodeMessage | null)[]) => void;
type Done = (error?: Error) => void;

export default function remasterOut(RED: NodeAPI): void {
  const { nodes, suspended } = runtimeOf(RED);
  serveLive(RED);

  function RemasterOut(this: Node, config: OutConfig): void {
    RED.nodes.createNode(this, config);
    let isClosed = false;
    /** Messages that are about to become jobs. */
    const pending = new Set<NodeMessageInFlow>();
    let turn = Promise.resolve();

    const statusLine = new OutStatus(this);
    const fileJobs = new FileJobs(RED, this, config, statusLine);
    const liveJobs = new LiveJobs(RED, this, config, (next, isFinal) => statusLine.show(next, isFinal));
    const jobs = fileJobs.pending;
    const assemblies = new VideoAssemblies(this, RED, config, (next, isFinal) => {
      if (isFinal) statusLine.idle = next;
      if (jobs.isEmpty) statusLine.show(next, isFinal);
    });

    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      if (action === null && assemblies.accepts(msg)) {
        turn = turn.then(() => assemblies.take(msg, send, done));
        return;
      }
      const isPlan = action === null || (action === 'start' && msg['video'] !== undefined);
      if (isPlan) pending.add(msg);
      // in sequence: a stop ends what arrived before it, not what arrives after it
      turn = turn.then(() => receive(isPlan ? null : action, msg, send, done));
    });

    const receive = async (action: Action | null, msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      if (isClosed) return; // `close` has taken the pending messages
      try {
        if (action === null) await start(msg, send, done);
        else await act(action, msg, send, done);
      } catch (error) {
        statusLine.idle = status.failed(error);
        if (jobs.isEmpty) statusLine.final(statusLine.idle);
        done(nodeError(error));
      } finally {
        pending.delete(msg);
      }
    };

    const start = async (msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      if (msg['video'] === undefined && msg['action'] !== undefined) throw unknownAction(msg['action']);
      const plan = anyPlanOf(msg);
      if (isLive(plan)) return liveJobs.start(plan, msg, send, done);
      if (targetOf(config) !== 'file') throw notLive(plan.source.label);
      return fileJobs.start(plan, { msg, send, done });
    };

    const act = async (action: Action, msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      if (action === 'stop' || action === 'skip') await assemblies.stop();
      if (liveJobs.hasRun) return actLive(action, msg, send, done);
      if (action === 'snapshot') throw noSnapshot();
      if (jobs.isEmpty && (action === 'start' || action === 'restart')) {
        if (fileJobs.last === null) throw noVideoYet(action);
        delete msg['action']; // from here on the message is one with a video
        delete msg['reset'];
        await start(Object.assign(msg, fileJobs.last), send, done); // done() is called when that job ends
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
      if (action === 'snapshot') await liveJobs.snapshot(msg, send);
      else if (action === 'start' || action === 'resume') await liveJobs.restart(send);
      else await liveJobs.stop();
      if (action === 'restart') await liveJobs.restart(send);
      done();
    };

    // a job that a deploy interrupted continues once the nodes of its plan are deployed
    const kept = suspended.take(this.id);
    const resumeKept = (): void => {
      if (kept?.isPaused) void jobs.pause();
      for (const msg of kept?.messages ?? []) if (!isLeftToCamera(nodes, msg)) this.receive(msg);
    };
    if (kept) RED.events.once('flows:started', resumeKept);

    this.on('close', (removed: boolean, closed: () => void) => {
      isClosed = true;
      RED.events.off('flows:started', resumeKept);
      statusLine.close();
      void close(removed).finally(closed);
    });

    const close = async (removed: boolean): Promise<void> => {
      const { isPaused } = jobs;
      const waiting = [...pending];
      const ended = await Promise.all([fileJobs.close(), liveJobs.close(), assemblies.close()]);
      const inputs = [...ended[0], ...ended[1]];
      if (!removed) {
        // without done(): the job continues after the deploy
        const messages = [...new Set([...inputs.map(({ msg }) => msg), ...waiting])];
        suspended.keep(this.id, { messages, isPaused });
        return;
      }
      for (const { msg, done } of inputs) {
        msg.payload = { status: 'stopped' };
        done();
      }
    };
  }
  RED.nodes.registerType('remaster-out', RemasterOut, {
    credentials: CREDENTIALS,
    settings: { remasterOutAllowedFolders: { value: undefined, exportable: false } },
  });
}

/**
 * A removed camera ends silently; a file reports the missing node. A camera that starts with the flow sends a message of
 * its own, with its new name.
 */
const isLeftToCamera = (nodes: NodeRegistry, msg: NodeMessageInFlow): boolean => {
  const plan = msg['video'] as { kind?: unknown; source?: { node?: string } } | undefined;
  return plan?.kind === 'live' && nodes.inNode(plan.source?.node ?? '')?.camera?.isAutostart !== false;
};

const unknownAction = (action: unknown): RemasterError =>
  new RemasterError('BAD_SETTING', `msg.action is ${show(action)}, which is not an action of this node.`, {
    remedy: `Use one of ${ACTIONS.join(', ')}.`,
  });

const noVideoYet = (action: Action): RemasterError =>
  new RemasterError('NO_PLAN', `Cannot ${action}: this node has not received a video yet.`, {
    remedy: 'Send a file through the video in node first.',
  });

const notLive = (label: string): RemasterError =>
  new RemasterError('BAD_SETTING', `${show(label)} is a file, but the target of this video out node is for cameras.`, {
    remedy: 'Choose the target “video file”.',
  });

const noSnapshot = (): RemasterError =>
  new RemasterError('BAD_SETTING', 'A snapshot needs a camera, and no camera runs here.', {
    remedy: 'Start a camera first.',
  });
