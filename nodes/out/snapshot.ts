import type { NodeAPI } from 'node-red';
import { RemasterError } from '../../src/errors';
import type { FrameBroadcast } from '../http/frameBroadcast';
import type { Input } from '../message/input';
import { jpegFields } from './liveMessages';

/** Milliseconds that a snapshot waits for a frame. */
const TIMEOUT_MS = 10_000;

interface Source {
  readonly label: string;
  readonly broadcast: Pick<FrameBroadcast, 'next'>;
}

/**
 * Sends the next frame of each camera with the message that requested it. Throws NO_SIGNAL with the names of those that
 * send none; the frames of the others have left then.
 */
export async function sendSnapshots(
  { util }: Pick<NodeAPI, 'util'>,
  cameras: readonly Source[],
  { msg, send }: Pick<Input, 'msg' | 'send'>,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  if (cameras.length === 0)
    throw new RemasterError('NO_SIGNAL', 'No camera runs here.', { remedy: 'Send start first.' });
  const silent: string[] = [];
  const takeOne = async ({ label, broadcast }: Source): Promise<void> => {
    const jpeg = await broadcast.next(timeoutMs).catch(() => null);
    if (!jpeg) return void silent.push(label);
    const result = cameras.length === 1 ? msg : util.cloneMessage(msg);
    const { payload, frame } = jpegFields(jpeg);
    send([Object.assign(result, { payload, frame: { ...frame, source: label } }), null]);
  };
  await Promise.all(cameras.map(takeOne));
  if (silent.length > 0) throw noFrames(silent);
}

const noFrames = (labels: readonly string[]): RemasterError =>
  new RemasterError('NO_SIGNAL', `No frame has arrived from ${labels.join(', ')}.`, {
    remedy: 'Check the status of the video in node.',
  });
