import type { Node, NodeAPI } from 'node-red';
import { SerialQueue } from '../../src/async/serialQueue';
import { actionOf } from '../message/actions';
import { CREDENTIALS } from '../message/credentials';
import type { Input } from '../message/input';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import { cameraIn, isLiveConfig, type LiveConfig, startCameras } from './cameraIn';
import { type FileConfig, FileIn } from './fileIn';
import { sourceSummary } from './sourceSummary';

export default function remasterIn(RED: NodeAPI): void {
  startCameras(RED);

  function RemasterIn(this: Node, config: FileConfig | LiveConfig): void {
    RED.nodes.createNode(this, config);
    runtimeOf(RED).variables.addOf(RED, this, config);
    if (isLiveConfig(config)) cameraIn(RED, this, config);
    else fileIn(RED, this, config);
  }
  RED.nodes.registerType('remaster-in', RemasterIn, {
    credentials: CREDENTIALS,
    settings: { remasterInAllowedFolders: { value: undefined, exportable: false } },
  });
}

/** A video in node with a file. */
function fileIn(RED: NodeAPI, node: Node, config: FileConfig): void {
  const file = new FileIn(RED, node, config);
  let isClosed = false;
  const turns = new SerialQueue();
  const { isSample } = file;
  const { nodes, variables } = runtimeOf(RED);
  const names = (path: string): boolean => path === file.ownPath;
  const unregister = nodes.registerIn(node.id, { names, isSample, camera: null });
  node.on('close', () => {
    isClosed = true;
    unregister();
  });
  node.status(status.idle);

  node.on('input', (msg, send, givenDone) => {
    const done = variables.done(givenDone);
    // in sequence: messages leave in the order they arrived
    if ((actionOf(msg) ?? 'start') === 'start')
      void turns.run(() => open(node, file, { msg, send, done }, () => isClosed));
    else passOn({ msg, send, done });
  });
}

/** Adds the plan of its file to a message. */
async function open(node: Node, file: FileIn, input: Input, isClosed: () => boolean): Promise<void> {
  if (isClosed()) return;
  const { msg, send, done } = input;
  try {
    const path = await file.pathFor(msg);
    if (path === undefined && actionOf(msg) === 'start') return passOn(input); // starts the job that was stopped or paused
    const plan = await file.planFor(msg, path, () => node.status(status.probing));
    if (isClosed()) return;
    node.status(status.source(plan.source.info));
    send(Object.assign(msg, { video: plan, payload: sourceSummary(plan.source) }));
    done();
  } catch (error) {
    if (isClosed()) return;
    node.status(status.failed(error));
    done(nodeError(error));
  }
}

/** An action controls the job of the video out node. */
function passOn({ msg, send, done }: Input): void {
  send(msg);
  done();
}
