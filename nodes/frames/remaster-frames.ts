import { setTimeout as sleep } from 'node:timers/promises';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { Throttle } from '../../src/async/throttle';
import { engineFor } from '../../src/engine/client/engine';
import { extractImages } from '../../src/engine/client/imageStreams';
import { checkFramesJob, type FrameImage, type FramesJob, type FrameSelection } from '../../src/settings/framesJob';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { actionOf } from '../message/actions';
import { nodeError } from '../message/nodeError';
import { planOf, type Plan } from '../message/plan';
import { deployedNodes, deployedSource, inputSettings } from '../message/resolvePlan';
import { onAcknowledged } from '../message/sequenceAck';
import * as status from '../message/status';
import { evaluate, integerIn, numberIn, optionIn, secondsIn, type Typed } from '../message/typedInput';
import { FlowCredits, type Leave, metronome } from './flowControl';

/** How long Node-RED waits for the engine to put ffmpeg away. */
const CLOSE_MS = 2500;

interface Config extends NodeDef {
  readonly pick: FrameSelection['by'];
  readonly every: string | number;
  readonly fps: string | number;
  readonly times: string;
  readonly timesType: string;
  readonly width: string | number;
  readonly format: FramesJob['format'];
  readonly quality: string | number;
  readonly flow: 'rate' | 'request' | 'auto';
  readonly rate: string | number;
  readonly most: string | number;
}

/** A video whose pictures are wanted. */
interface Order {
  readonly msg: NodeMessageInFlow;
  readonly send: (msg: NodeMessage) => void;
  readonly done: (error?: Error) => void;
  readonly stop: AbortController;
}

export default function remasterFrames(RED: NodeAPI): void {
  function RemasterFrames(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const times: Typed = { value: config.times, type: config.timesType };
    const orders = new Set<Order>();
    let isClosed = false;
    let turn = Promise.resolve();
    /** Of the video at work, when it waits to be asked. */
    let credits: FlowCredits | null = null;

    const line = new Throttle<NodeStatus>((words) => this.status(words));
    line.final(status.idle);

    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      if (action === 'stop' || action === 'skip') {
        for (const { stop } of action === 'skip' ? [...orders].slice(0, 1) : orders) stop.abort(new Error('stopped'));
        done();
      } else if (msg['video'] === undefined && isRequest(msg)) {
        if (config.flow === 'request') credits?.grant();
        done();
      } else {
        const order = { msg, send, done, stop: new AbortController() };
        orders.add(order);
        turn = turn.then(() => serve(order)); // one after the other
      }
    });

    const serve = async (order: Order): Promise<void> => {
      if (isClosed) return; // `close` has called done()
      const { done, stop } = order;
      let count = 0;
      try {
        stop.signal.throwIfAborted();
        await sendAll(order, () => count++);
        line.final(status.sent(count, true));
        done();
      } catch (error) {
        if (isClosed) return;
        line.final(stop.signal.aborted ? status.stopped : status.failed(error));
        done(stop.signal.aborted ? undefined : nodeError(error));
      } finally {
        orders.delete(order);
      }
    };

    const sendAll = async ({ msg, send, stop: { signal } }: Order, onSent: () => number): Promise<void> => {
      const plan = planOf(msg);
      const { job, engine } = await orderOf(plan, msg);
      const id = RED.util.generateId();
      const leave = leaveToSend();
      const onTheWay = new Set<number>(); // two nodes may get the same picture, and it counts once
      const forget = onAcknowledged(id, (index) => {
        if (onTheWay.delete(index) && config.flow === 'auto') credits?.grant();
      });
      line.push(status.starting);
      try {
        for await (const picture of extractImages(engine, job, signal)) {
          if (credits?.isEmpty) line.push(status.asking(config.flow === 'request'));
          await leave.take(signal);
          const index = onSent();
          if (config.flow === 'auto') onTheWay.add(index);
          send(message(RED, msg, plan, picture, { id, index }));
          line.push(status.sent(index + 1, false));
        }
      } finally {
        forget();
        credits = null;
      }
    };

    const leaveToSend = (): Leave => {
      if (optionIn(config.flow, ['rate', 'request', 'auto'], 'Flow') === 'rate')
        return metronome(numberIn(config.rate, 'Rate', 0.000_1, 1000) ?? 1);
      return (credits = new FlowCredits(integerIn(config.most, 'On the way', 1, 1000) ?? 1));
    };

    const orderOf = async (plan: Plan, msg: NodeMessageInFlow) => {
      const treatment = plan.stages.length > 0 ? deployedNodes(plan) : null;
      const job = checkFramesJob({
        ...(await inputSettings(RED, plan, deployedSource(plan), treatment)),
        isUpscaled: treatment !== null,
        pick: await pickOf(msg),
        width: integerIn(config.width, 'Width', 16, 65_536),
        format: optionIn(config.format, ['jpeg', 'png', 'webp'], 'Format'),
        quality: integerIn(config.quality, 'Quality', 1, 100) ?? 90,
      });
      return { job, engine: engineFor(treatment?.model ?? JOB_DEFAULTS) };
    };

    const pickOf = async (msg: NodeMessageInFlow): Promise<FrameSelection> => {
      const by = optionIn(config.pick, ['every', 'rate', 'scenes', 'times'], 'Frames');
      switch (by) {
        case 'every':
          return { by, n: integerIn(config.every, 'Every', 1, 1_000_000_000) ?? 1 };
        case 'rate':
          return { by, fps: numberIn(config.fps, 'Pictures per second', 0.000_01, 1000) ?? 1 };
        case 'scenes':
          return { by };
        case 'times':
          return { by, seconds: timesOf(await evaluate(RED, this, times, msg)) };
      }
    };

    this.on('close', (closed: () => void) => {
      isClosed = true;
      line.close();
      for (const { stop, done } of orders) {
        stop.abort(new Error('closed'));
        done();
      }
      void Promise.race([turn, sleep(CLOSE_MS)]).finally(closed);
    });
  }
  RED.nodes.registerType('remaster-frames', RemasterFrames);
}

/** `msg.tick` as the postgresql nodes have it, or `msg.action` = `next`. */
const isRequest = ({ tick, action }: Readonly<Record<string, unknown>>): boolean =>
  tick !== undefined ||
  action === 'next' ||
  (typeof action === 'object' && action !== null && (action as { readonly command?: unknown }).command === 'next');

/** A copy of the message that brought the video, with a picture instead of the plan. */
function message(
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

/** `1, 2.5, 00:01:30`, or a list of such. */
function timesOf(value: unknown): number[] {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[,;\s]+/) : [value];
  const seconds = list.filter((one) => one !== '').map((one) => secondsIn(one, 'A time'));
  return seconds.filter((one) => one !== null).toSorted((a, b) => a - b);
}
