import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { BoundedQueue } from '../../src/async/boundedQueue';
import { Throttle } from '../../src/async/throttle';
import { engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import { checkImageJob, IMAGE_DEFAULTS, type ImageJob } from '../../src/settings/imageJob';
import { actionOf } from '../message/actions';
import { asPayload, readImagePayload, readImageFile } from '../message/imagePayload';
import type { KnownModels } from '../message/knownModels';
import { nodeError } from '../message/nodeError';
import { allowedSource, pathRules } from '../message/pathPolicy';
import * as status from '../message/status';
import { evaluate, originOf, typedField } from '../message/typedInput';
import type { ModelNode } from '../model/remaster-model';
import { runtimeOf } from '../runtime';
import { type ImageConfig, dropError, type Settings, settingsFor, settingsOf } from './imageSettings';

type Send = (msg: (NodeMessage | null)[]) => void;

/** A message in the node. */
interface QueuedMessage {
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  readonly done: (error?: Error) => void;
  /** Time of arrival, by `performance.now()`. */
  readonly arrivedAt: number;
}

export default function remasterImage(RED: NodeAPI): void {
  const { acks, models } = runtimeOf(RED);

  function RemasterImage(this: Node, config: ImageConfig): void {
    RED.nodes.createNode(this, config);
    const property = typedField(config, 'property', 'payload', 'msg');
    const modelNode = RED.nodes.getNode(config.model) as ModelNode | null;
    let settings: Settings;
    try {
      settings = settingsOf(config);
    } catch (error) {
      this.status(status.failed(error));
      this.on('input', (_msg, _send, done) => done(nodeError(error)));
      return;
    }
    const queue = new BoundedQueue<QueuedMessage>(settings.queue, settings.full);
    let isClosed = false;
    let isServing = false;
    /** The message in the engine. */
    let current: { readonly message: QueuedMessage; readonly stop: AbortController } | null = null;
    let dropped = 0;
    let lastMs: number | null = null;

    const line = new Throttle<() => NodeStatus>((words) => this.status(words()));
    const drops = status.rate();
    let idle = initialStatus(modelNode, models);
    /** Evaluated when the status is shown, at most once per second. */
    const currentStatus = (): NodeStatus => {
      const rate = drops.perSecond();
      if (rate > 0) {
        line.push(currentStatus); // shows the next state after this one
        return status.dropping(rate);
      }
      return isServing ? status.upscalingImage(lastMs, queue.length) : idle;
    };
    line.final(currentStatus);

    this.on('input', (msg, send, done) => {
      if (actionOf(msg) === 'stop') {
        for (const message of queue.drain()) drop(message, 'stopped');
        current?.stop.abort(new Error('stopped'));
        done();
        return;
      }
      const { parts } = msg; // read now: a later node may change the message
      const finish = (error?: Error): void => {
        done(error);
        acks.acknowledge({ parts });
      };
      const message = { msg, send, done: finish, arrivedAt: performance.now() };
      if (!isServing) {
        void serve(message);
        return;
      }
      const overflow = queue.push(message);
      if (overflow) drop(overflow, 'full');
      else line.push(currentStatus);
    });

    /** In sequence: results leave in the order their images arrived. */
    const serve = async (message: QueuedMessage): Promise<void> => {
      isServing = true;
      for (let next: QueuedMessage | undefined = message; next && !isClosed; next = queue.shift()) {
        const { maxAge } = settings;
        if (maxAge !== null && performance.now() - next.arrivedAt > maxAge) drop(next, 'old');
        else await upscale(next);
      }
      isServing = false;
      if (!isClosed) line.push(currentStatus);
    };

    const upscale = async (message: QueuedMessage): Promise<void> => {
      const { msg, send, done } = message;
      const stop = new AbortController();
      current = { message, stop };
      line.push(currentStatus);
      try {
        const value = await evaluate(RED, this, property, msg);
        const source = await readImagePayload(value, settings.files ? readAllowed : null);
        const { model, job } = await jobFor(msg);
        const result = await engineFor(model).ask('image', { source, mask: null, job }, stop.signal);
        if (isClosed) return;
        const { width, height, scale: times, ms } = result;
        lastMs = ms;
        idle = status.finishedImage(ms);
        if (settings.keep) msg['original'] = value;
        RED.util.setMessageProperty(msg, config.output ?? 'payload', asPayload(result), true);
        msg['image'] = { width, height, scale: times, ms: Math.round(ms), queued: queue.length, dropped };
        send([msg, null]);
        done();
      } catch (error) {
        if (isClosed) return; // `close` has called done()
        if (stop.signal.aborted) return drop(message, 'stopped');
        idle = status.failed(error);
        done(nodeError(error));
      } finally {
        current = null;
      }
    };

    const drop = (message: QueuedMessage, why: 'full' | 'old' | 'stopped'): void => {
      const { msg, send, done } = message;
      dropped++;
      drops.count();
      line.push(currentStatus);
      if (settings.full === 'error' && why !== 'stopped') {
        done(nodeError(dropError(why, settings)));
        return;
      }
      if (settings.drops) send([null, Object.assign(msg, { image: { reason: why, queued: queue.length, dropped } })]);
      done();
    };

    const readAllowed = async (path: string): Promise<Buffer> =>
      readImageFile(await allowedSource(path, originOf(property), pathRules(RED.settings, 'remasterInAllowedFolders')));

    const jobFor = async (msg: NodeMessageInFlow) => {
      const model = modelOf(modelNode);
      const { provider, device, threads, tile, overlap } = model;
      const job: ImageJob = checkImageJob({
        ...IMAGE_DEFAULTS,
        ...{ model: model.model, provider, device, threads, tile, overlap },
        ...(await settingsFor(RED, this, config, msg)),
        format: settings.format,
        quality: settings.quality,
        maxPixels: settings.megapixels,
      });
      return { model, job };
    };

    this.on('close', () => {
      isClosed = true;
      line.close();
      current?.stop.abort(new Error('closed'));
      for (const { done } of [...(current ? [current.message] : []), ...queue.drain()]) done();
    });
  }
  RED.nodes.registerType('remaster-image', RemasterImage);
}

/** The status before the first image. */
function initialStatus(node: ModelNode | null, models: KnownModels): NodeStatus {
  try {
    const { model } = modelOf(node);
    return status.ready(model, models.get(model)?.scale ?? null);
  } catch (error) {
    return status.failed(error);
  }
}

function modelOf(node: ModelNode | null): ReturnType<ModelNode['choice']> {
  if (node) return node.choice();
  throw new RemasterError('MODEL_NOT_FOUND', 'The upscale model of this node is missing or disabled.', {
    remedy: 'Open the image upscale node, choose a model, and deploy.',
  });
}
