import type { NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { FrameImage } from '../../src/settings/framesJob';
import type { Plan } from '../message/plan';

/** A copy of the message with the video, with an image instead of the plan. `place`: of the image in its sequence. */
export function imageMessage(
  { util }: Pick<NodeAPI, 'util'>,
  msg: NodeMessageInFlow,
  { source }: { readonly source: Pick<Plan['source'], 'label'> },
  { data, index, pts, time, width, height, dropped, isLast, warnings }: FrameImage,
  place: { readonly id: string; readonly index: number },
): NodeMessage {
  const copy = util.cloneMessage(msg);
  delete copy['video'];
  delete copy['action'];
  return Object.assign(copy, {
    topic: msg.topic ?? source.label,
    payload: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    parts: { ...place, type: 'array', len: 1, ...(isLast ? { count: place.index + 1 } : {}) },
    frame: { index, pts, time, width, height, dropped, ...(warnings.length > 0 && { warnings }) },
  });
}
