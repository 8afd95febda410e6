import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { BoundedQueue, OVERFLOW_POLICIES } from '../../src/async/boundedQueue';
import { Throttle } from '../../src/async/throttle';
import { engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import { checkImageJob, IMAGE_DEFAULTS, IMAGE_FORMATS, type ImageJob } from '../../src/settings/imageJob';
import { actionOf } from '../message/actions';
import { asPayload, readImagePayload, readImageFile } from '../message/imagePayload';
import { knownModel } from '../message/knownModels';
import { nodeError } from '../message/nodeError';
import { allowedSource, pathRules } from '../message/pathPolicy';
import { acknowledge } from '../message/sequenceAck';
import * as status from '../message/status';
import { evaluate, integerIn, numberIn, optionIn, originOf, type Typed } from '../message/typedInput';
import type { ModelNode } from '../model/remaster-model';

interface Config extends NodeDef {
  readonly model: string;
  readonly property: string;
  readonly propertyType: string;
  /** Property of the message. */
  readonly output: string;
  readonly format: string;
  readonly quality: string | number;
  readonly steps: string;
  readonly stepsType: string;
  readonly scale: string;
  readonly scaleType: string;
  readonly queue: string | number;
  readonly full: string;
  readonly maxAge: string | number;
  readonly megapixels: string | number;
  readonly files: boolean;
  readonly keep: boolean;
  readonly drops: boolean;
}

type Send = (msg: (NodeMessage | null)[]) => void;

/** A message on its way through the node. */
interface QueuedMessage {
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  readonly done: (error?: Error) => void;
  /** When it came, by `performance.now()`. */
  readonly came: number;
}

export default function remasterImage(RED: NodeAPI): void {
  function RemasterImage(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const property: Typed = { value: config.property, type: config.propertyType };
    const steps: Typed = { value: config.steps, type: config.stepsType };
    const scale: Typed = { value: config.scale, type: config.scaleType };
    const modelNode = RED.nodes.getNode(config.model) as ModelNode | null;
    let settings: Settings;
    try {
      settings = settingsOf(config);
    } catch (error) {
      this.status(status.failed(error));
      this.on('input', (_msg, _send, done) => done(nodeError(error)));
      return;
    }
    const room = new BoundedQueue<QueuedMessage>(settings.queue, settings.full);
    let isClosed = false;
    let isServing = false;
    /** The one in the engine. */
    let current: { readonly guest: QueuedMessage; readonly stop: AbortController } | null = null;
    let dropped = 0;
    let lastMs: number | null = null;

    const line = new Throttle<() => NodeStatus>((words) => this.status(words()));
    const drops = status.rate();
    let resting = restingOf(modelNode);
    /** What the status says when its turn comes, at most once a second. */
    const standing = (): NodeStatus => {
      const rate = drops.perSecond();
      if (rate > 0) {
        line.push(standing); // and then what it is after that
        return status.dropping(rate);
      }
      return isServing ? status.upscalingImage(lastMs, room.length) : resting;
    };
    line.final(standing);

    this.on('input', (msg, send, done) => {
      if (actionOf(msg) === 'stop') {
        for (const guest of room.drain()) drop(guest, 'stopped');
        current?.stop.abort(new Error('stopped'));
        done();
        return;
      }
      const { parts } = msg; // whoever gets the message may change it
      const leave = (error?: Error): void => {
        done(error);
        acknowledge({ parts });
      };
      const guest = { msg, send, done: leave, came: performance.now() };
      if (!isServing) {
        void serve(guest);
        return;
      }
      const gone = room.push(guest);
      if (gone) drop(gone, 'full');
      else line.push(standing);
    });

    /** One after the other, so results leave in the order their pictures came. */
    const serve = async (guest: QueuedMessage): Promise<void> => {
      isServing = true;
      for (let next: QueuedMessage | undefined = guest; next && !isClosed; next = room.shift()) {
        const { maxAge } = settings;
        if (maxAge !== null && performance.now() - next.came > maxAge) drop(next, 'old');
        else await treat(next);
      }
      isServing = false;
      if (!isClosed) line.push(standing);
    };

    const treat = async (guest: QueuedMessage): Promise<void> => {
      const { msg, send, done } = guest;
      const stop = new AbortController();
      current = { guest, stop };
      line.push(standing);
      try {
        const value = await evaluate(RED, this, property, msg);
        const source = await readImagePayload(value, config.files ? readAllowed : null);
        const { model, job } = await jobFor(msg);
        const result = await engineFor(model).ask('image', { source, job }, stop.signal);
        if (isClosed) return;
        const { width, height, scale: times, ms } = result;
        lastMs = ms;
        resting = status.took(ms);
        if (config.keep) msg['original'] = value;
        RED.util.setMessageProperty(msg, config.output, asPayload(result), true);
        msg['image'] = { width, height, scale: times, ms: Math.round(ms), queued: room.length, dropped };
        send([msg, null]);
        done();
      } catch (error) {
        if (isClosed) return; // `close` has called done()
        if (stop.signal.aborted) return drop(guest, 'stopped');
        resting = status.failed(error);
        done(nodeError(error));
      } finally {
        current = null;
      }
    };

    const drop = (guest: QueuedMessage, why: 'full' | 'old' | 'stopped'): void => {
      const { msg, send, done } = guest;
      dropped++;
      drops.count();
      line.push(standing);
      if (settings.full === 'error' && why !== 'stopped') {
        done(nodeError(refusal(why, settings)));
        return;
      }
      if (config.drops) send([null, Object.assign(msg, { image: { reason: why, queued: room.length, dropped } })]);
      done();
    };

    const readAllowed = async (path: string): Promise<Buffer> =>
      readImageFile(await allowedSource(path, originOf(property), pathRules(RED.settings, 'remasterInAllowedFolders')));

    const jobFor = async (msg: NodeMessageInFlow) => {
      const model = chosen(modelNode);
      const { provider, device, threads, tile, overlap } = model;
      const job: ImageJob = checkImageJob({
        ...IMAGE_DEFAULTS,
        ...{ model: model.model, provider, device, threads, tile, overlap },
        steps: integerIn(await evaluate(RED, this, steps, msg), 'Steps', 1, 1000),
        scale: numberIn(await evaluate(RED, this, scale, msg), 'Scale', 0.1, 16),
        format: settings.format,
        quality: settings.quality,
        maxPixels: settings.maxPixels,
      });
      return { model, job };
    };

    this.on('close', () => {
      isClosed = true;
      line.close();
      current?.stop.abort(new Error('closed'));
      for (const { done } of [...(current ? [current.guest] : []), ...room.drain()]) done();
    });
  }
  RED.nodes.registerType('remaster-image', RemasterImage);
}

/** Before the first picture. */
function restingOf(node: ModelNode | null): NodeStatus {
  try {
    const { model } = chosen(node);
    return status.ready(model, knownModel(model)?.scale ?? null);
  } catch (error) {
    return status.failed(error);
  }
}

type Settings = ReturnType<typeof settingsOf>;

/** What the editor has saved, checked once. */
const settingsOf = (config: Config) => ({
  format: optionIn(config.format, IMAGE_FORMATS, 'Format'),
  quality: integerIn(config.quality, 'Quality', 1, 100) ?? IMAGE_DEFAULTS.quality,
  queue: integerIn(config.queue, 'Queue', 0, 10_000) ?? 1,
  full: optionIn(config.full, OVERFLOW_POLICIES, 'When full'),
  /** Milliseconds; null = any age. */
  maxAge: numberIn(config.maxAge, 'Oldest', 1, 86_400_000),
  maxPixels: Math.round((numberIn(config.megapixels, 'Largest', 0.001, 268) ?? IMAGE_DEFAULTS.maxPixels / 1e6) * 1e6),
});

function chosen(node: ModelNode | null): ReturnType<ModelNode['choice']> {
  if (node) return node.choice();
  throw new RemasterError('MODEL_NOT_FOUND', 'The upscale model of this node is missing or disabled.', {
    remedy: 'Open the image upscale node, choose a model, and deploy.',
  });
}

const refusal = (why: 'full' | 'old', { queue, maxAge }: Settings): RemasterError =>
  new RemasterError(
    'IMAGE_DROPPED',
    why === 'full' ? `${queue} pictures are waiting already.` : `The picture waited for more than ${maxAge} ms.`,
    { remedy: 'Send fewer, or smaller ones, or let more of them wait.' },
  );
