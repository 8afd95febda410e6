import { setTimeout as sleep } from 'node:timers/promises';
import type { Node, NodeAPI, NodeStatus } from 'node-red';
import { Throttle } from '../../src/async/throttle';
import { actionOf } from '../message/actions';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import { FrameSender } from './frameSender';
import type { FramesConfig } from './framesJobOf';
import { VideoQueue } from './videoQueue';

/** Milliseconds that `close` waits for the engine to stop ffmpeg. */
const CLOSE_TIMEOUT_MS = 2500;

export default function remasterFrames(RED: NodeAPI): void {
  const { variables } = runtimeOf(RED);

  function RemasterFrames(this: Node, config: FramesConfig): void {
    RED.nodes.createNode(this, config);
    variables.addOf(RED, this, config);
    const line = new Throttle<NodeStatus>((words) => this.status(words));
    line.final(status.idle);
    const sender = new FrameSender(RED, this, config, (next) => line.push(next));
    const videos = new VideoQueue(sender, line);

    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      const isVideo = msg['video'] !== undefined || !isRequest(msg);
      if (action === 'stop') videos.stop();
      else if (action === 'skip') videos.skip();
      else if (isVideo) return videos.add({ msg, send, done: variables.done(done) });
      else sender.request();
      done();
    });
    this.on('close', (closed: () => void) => {
      line.close();
      void Promise.race([videos.close(), sleep(CLOSE_TIMEOUT_MS)]).finally(closed);
    });
  }
  RED.nodes.registerType('remaster-frames', RemasterFrames);
}

/** `msg.tick`, as in the postgresql nodes, or `msg.action` = `next`. */
const isRequest = ({ tick, action }: Readonly<Record<string, unknown>>): boolean =>
  tick !== undefined ||
  action === 'next' ||
  (typeof action === 'object' && action !== null && (action as { readonly command?: unknown }).command === 'next');
