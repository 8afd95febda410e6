import type { Node, NodeAPI, NodeStatus } from 'node-red';
import { actionOf } from '../message/actions';
import type { Done, Input } from '../message/input';
import type { KnownModels } from '../message/knownModels';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import type { ModelNode } from '../model/remaster-model';
import { runtimeOf } from '../runtime';
import { ImageQueue } from './imageQueue';
import { ImageResults } from './imageResults';
import { type ImageConfig, settingsOf } from './imageSettings';
import { ImageStatus } from './imageStatus';
import { type ImageHost, modelOf, type UpscaledImage, upscaleImage } from './upscaleImage';

export default function remasterImage(RED: NodeAPI): void {
  const { acks, models, variables } = runtimeOf(RED);

  function RemasterImage(this: Node, config: ImageConfig): void {
    RED.nodes.createNode(this, config);
    variables.addOf(RED, this, config);
    const modelNode = RED.nodes.getNode(config.model) as ModelNode | null;
    let host: ImageHost;
    try {
      host = { RED, node: this, config, modelNode, settings: settingsOf(config) };
    } catch (error) {
      this.status(status.failed(error));
      this.on('input', (_msg, _send, done) => variables.done(done)(nodeError(error)));
      return;
    }
    const { queue, line } = serve(host, initialStatus(modelNode, models));

    this.on('input', (msg, send, done) => {
      if (actionOf(msg) === 'stop') {
        queue.stop();
        done();
        return;
      }
      const { parts } = msg; // read now: a later node may change the message
      const finish: Done = (error) => {
        variables.done(done)(error);
        acks.acknowledge({ parts });
      };
      queue.add({ msg, send, done: finish });
    });
    this.on('close', () => {
      line.close();
      queue.close();
    });
  }
  RED.nodes.registerType('remaster-image', RemasterImage);
}

/** The queue of a node, with its results and its status. */
function serve(host: ImageHost, idle: NodeStatus): { queue: ImageQueue<UpscaledImage>; line: ImageStatus } {
  const { RED, node, config, settings } = host;
  const results = new ImageResults(RED, config, settings, () => queue.length);
  const line = new ImageStatus(node, idle, () => queue);
  const queue = new ImageQueue<UpscaledImage>(settings, {
    upscale: ({ msg }: Input, signal) => upscaleImage(host, msg, signal),
    onResult(message, image) {
      line.finished(image.result.ms);
      results.send(message, image);
    },
    onError(message, error) {
      line.failed(error);
      results.fail(message, error);
    },
    onDrop(message, why) {
      line.dropped();
      results.drop(message, why);
    },
    onChange: line.update,
  });
  return { queue, line };
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
