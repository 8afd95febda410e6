import { setTimeout as sleep } from 'node:timers/promises';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { Throttle } from '../../src/async/throttle';
import { engineFor } from '../../src/engine/client/engine';
import { extractImages } from '../../src/engine/client/imageStreams';
import { checkFramesJob, type FrameImage, type FrameSelection } from '../../src/settings/framesJob';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { seconds as timeRow } from '../../src/settings/row';
import { actionOf } from '../message/actions';
import { nodeError } from '../message/nodeError';
import { planOf, type Plan } from '../message/plan';
import { deployedInNode, deployedNodes, inputSettings } from '../message/resolvePlan';
import { dialogValue, dialogValues, labelsOf } from '../message/dialogValues';
import * as status from '../message/status';
import { evaluate, typedField } from '../message/typedInput';
import { runtimeOf } from '../runtime';
import { fixedRate, FlowCredits, type SendPermit } from './flowControl';
import { ROWS } from './rows';

/** Milliseconds that `close` waits for the engine to stop ffmpeg. */
const CLOSE_TIMEOUT_MS = 2500;

const LABELS = labelsOf(__dirname, 'remaster-frames');
const TIME = timeRow(null, { text: 'time of a frame' });

interface Config extends NodeDef {
  readonly times: string;
  readonly timesType: string;
}

/** A message with a video whose frames are sent. */
interface Request {
  readonly msg: NodeMessageInFlow;
  readonly send: (msg: NodeMessage) => void;
  readonly done: (error?: Error) => void;
  readonly stop: AbortController;
}

export default function remasterFrames(RED: NodeAPI): void {
  const { acks, nodes } = runtimeOf(RED);

  function RemasterFrames(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const times = typedField(config, 'times', '', 'str');
    const settings = () => dialogValues(ROWS, config, LABELS);
    const requests = new Set<Request>();
    let isClosed = false;
    let turn = Promise.resolve();
    /** Of the current video, unless its frames leave at a fixed rate. */
    let credits: FlowCredits | null = null;

    const line = new Throttle<NodeStatus>((words) => this.status(words));
    line.final(status.idle);

    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      if (action === 'stop' || action === 'skip') {
        for (const { stop } of action === 'skip' ? [...requests].slice(0, 1) : requests)
          stop.abort(new Error('stopped'));
        done();
      } else if (msg['video'] === undefined && isRequest(msg)) {
        if (settings().flow === 'request') credits?.grant();
        done();
      } else {
        const request = { msg, send, done, stop: new AbortController() };
        requests.add(request);
        turn = turn.then(() => serve(request)); // one video at a time
      }
    });

    const serve = async (request: Request): Promise<void> => {
      if (isClosed) return; // `close` has called done()
      const { done, stop } = request;
      let count = 0;
      try {
        stop.signal.throwIfAborted();
        await sendAll(request, () => count++);
        line.final(status.sent(count, true));
        done();
      } catch (error) {
        if (isClosed) return;
        line.final(stop.signal.aborted ? status.stopped : status.failed(error));
        done(stop.signal.aborted ? undefined : nodeError(error));
      } finally {
        requests.delete(request);
      }
    };

    const sendAll = async ({ msg, send, stop: { signal } }: Request, onSent: () => number): Promise<void> => {
      const plan = planOf(msg);
      const { job, engine } = await jobFor(plan, msg);
      const id = RED.util.generateId();
      const permit = sendPermit();
      const inFlight = new Set<number>(); // two nodes may acknowledge the same image: it counts once
      const unsubscribe = acks.listen(id, (index) => {
        if (inFlight.delete(index) && settings().flow === 'auto') credits?.grant();
      });
      line.push(status.starting);
      try {
        for await (const image of extractImages(engine, job, signal)) {
          if (credits?.isEmpty) line.push(status.waitingToSend(settings().flow === 'request'));
          await permit.take(signal);
          const index = onSent();
          if (settings().flow === 'auto') inFlight.add(index);
          send(imageMessage(RED, msg, plan, image, { id, index }));
          line.push(status.sent(index + 1, false));
        }
      } finally {
        unsubscribe();
        credits = null;
      }
    };

    const sendPermit = (): SendPermit => {
      const { flow, rate, most } = settings();
      return flow === 'rate' ? fixedRate(rate) : (credits = new FlowCredits(most));
    };

    const jobFor = async (plan: Plan, msg: NodeMessageInFlow) => {
      const resolved = plan.stages.length > 0 ? deployedNodes(nodes, plan) : null;
      const { width, format, quality } = settings();
      const job = checkFramesJob({
        ...(await inputSettings(RED, plan, deployedInNode(nodes, plan), resolved)),
        isUpscaled: resolved !== null,
        pick: await pickOf(msg),
        ...{ width, format, quality },
      });
      return { job, engine: engineFor(resolved?.model ?? JOB_DEFAULTS) };
    };

    const pickOf = async (msg: NodeMessageInFlow): Promise<FrameSelection> => {
      const { pick: by, every: n, fps } = settings();
      switch (by) {
        case 'every':
          return { by, n };
        case 'rate':
          return { by, fps };
        case 'scenes':
          return { by };
        case 'times':
          return { by, seconds: timesOf(await evaluate(RED, this, times, msg)) };
      }
    };

    this.on('close', (closed: () => void) => {
      isClosed = true;
      line.close();
      for (const { stop, done } of requests) {
        stop.abort(new Error('closed'));
        done();
      }
      void Promise.race([turn, sleep(CLOSE_TIMEOUT_MS)]).finally(closed);
    });
  }
  RED.nodes.registerType('remaster-frames', RemasterFrames);
}

/** `msg.tick`, as in the postgresql nodes, or `msg.action` = `next`. */
const isRequest = ({ tick, action }: Readonly<Record<string, unknown>>): boolean =>
  tick !== undefined ||
  action === 'next' ||
  (typeof action === 'object' && action !== null && (action as { readonly command?: unknown }).command === 'next');

/** A copy of the message with the video, with an image instead of the plan. */
function imageMessage(
  RED: NodeAPI,
  msg: NodeMessageInFlow,
  { source }: Plan,
  { data, index, pts, time, width, height, dropped, isLast }: FrameImage,
  place: { readonly id: string; readonly index: number },
): NodeMessage {
  const copy = RED.util.cloneMessage(msg);
  delete copy['video'];
  delete copy['action'];
  return Object.assign(copy, {
    topic: msg.topic ?? source.label,
    payload: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    parts: { ...place, type: 'array', len: 1, ...(isLast ? { count: place.index + 1 } : {}) },
    frame: { index, pts, time, width, height, dropped },
  });
}

/** `1, 2.5, 00:01:30`, or an array of such values. */
function timesOf(value: unknown): number[] {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[,;\s]+/) : [value];
  const seconds = list.filter((one) => one !== '').map((one) => dialogValue(TIME, one, 'A time'));
  return seconds.filter((one) => one !== null).toSorted((a, b) => a - b);
}
