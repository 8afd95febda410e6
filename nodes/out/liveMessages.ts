import type { NodeAPI } from 'node-red';
import type { LiveJpeg, LiveProgress } from '../../src/settings/liveJob';
import type { Mp4Part } from '../../src/pipeline/media/mp4Boxes';
import type { Input } from '../message/input';
import type { LivePlan } from '../message/livePlan';

/** The messages of a running camera: results, progress and data, each to its output. */
export class LiveMessages {
  #msg: Input['msg'];
  readonly #send: Input['send'];

  constructor(
    private readonly RED: Pick<NodeAPI, 'util'>,
    private readonly plan: LivePlan,
    { msg, send }: Pick<Input, 'msg' | 'send'>,
  ) {
    [this.#msg, this.#send] = [msg, send];
  }

  /** Results are sent with this message from now on. */
  use(msg: Input['msg']): void {
    this.#msg = msg;
  }

  /** A copy of the message that started the camera, because it is sent again when the job stops. */
  result(state: 'live' | 'failed', fields: object): void {
    const copy = this.RED.util.cloneMessage(this.#msg);
    this.#send([Object.assign(copy, { payload: { status: state, ...fields } }), null]);
  }

  stopped(fields: object): void {
    this.#send([Object.assign(this.#msg, { payload: { status: 'stopped', ...fields } }), null]);
  }

  progress(progress: LiveProgress): void {
    const { id, source } = this.plan;
    this.#send([null, { topic: source.label, payload: null, progress: { job: id, stage: 'live', ...progress } }]);
  }

  jpeg(jpeg: LiveJpeg): void {
    this.#data(jpegFields(jpeg));
  }

  /** Null: a stream has ended; players and mp4frag start again. */
  fragment(part: Mp4Part | null): void {
    if (part) this.#data({ payload: part.data, part: part.kind });
    else this.endOfStream();
  }

  file(filename: string): void {
    this.#data({ payload: filename, filename });
  }

  endOfStream(): void {
    this.#data({ payload: Buffer.alloc(0) });
  }

  #data(fields: Record<string, unknown>): void {
    this.#send([null, null, { topic: this.plan.source.label, ...fields }]);
  }
}

/** A JPEG as message fields. Its data is a Uint8Array from the engine; nodes expect a Buffer. */
export const jpegFields = ({ data, width, height, index, time, latency }: LiveJpeg) => ({
  payload: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  frame: { width, height, index, time, latency },
});
