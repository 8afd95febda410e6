import type { Node, NodeAPI } from 'node-red';
import { SerialQueue } from '../../src/async/serialQueue';
import { actionOf } from '../message/actions';
import type { Input } from '../message/input';
import { nodeError } from '../message/nodeError';
import { runtimeOf } from '../runtime';
import { StageStatus } from './stageStatus';
import { type UpscaleConfig, UpscaleStage } from './upscaleStage';

export default function remasterUpscale(RED: NodeAPI): void {
  const { nodes, variables } = runtimeOf(RED);

  function RemasterUpscale(this: Node, config: UpscaleConfig): void {
    RED.nodes.createNode(this, config);
    variables.addOf(RED, this, config);
    const stage = new UpscaleStage(RED, this, config);
    const model = () => stage.model();
    const line = new StageStatus(RED, this, model);
    const unregister = nodes.registerUpscale(this.id, {
      model,
      namesMask: (path) => stage.namesMask(path),
      show: (progress) => line.show(progress),
    });
    this.on('close', () => {
      line.close();
      unregister();
    });

    const turns = new SerialQueue();
    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      if (action !== null && (action !== 'start' || msg['video'] === undefined)) {
        send(msg); // controls the job of the video out node
        done();
        return;
      }
      // in sequence: messages leave in the order they arrived
      void turns.run(() => addStage(stage, line, { msg, send, done: variables.done(done) }));
    });
  }
  RED.nodes.registerType('remaster-upscale', RemasterUpscale);
}

async function addStage(stage: UpscaleStage, line: StageStatus, { msg, send, done }: Input): Promise<void> {
  if (line.isClosed) return;
  try {
    const video = await stage.addTo(msg);
    if (line.isClosed) return;
    line.added(video.stages[0]);
    send(Object.assign(msg, { video }));
    done();
  } catch (error) {
    if (line.isClosed) return;
    line.failed(error);
    done(nodeError(error));
  }
}
