import type { NodeAPI } from 'node-red';
import { asPayload } from '../message/imagePayload';
import type { Input } from '../message/input';
import { nodeError } from '../message/nodeError';
import type { DropReason } from './imageRun';
import { dropError, type ImageConfig, type Settings } from './imageSettings';
import type { UpscaledImage } from './upscaleImage';

/** The messages that leave an image upscale node: results on the first output, dropped ones on the second. */
export class ImageResults {
  #dropped = 0;

  constructor(
    private readonly RED: Pick<NodeAPI, 'util'>,
    private readonly config: Pick<ImageConfig, 'output'>,
    private readonly settings: Settings,
    private readonly queueLength: () => number,
  ) {}

  send({ msg, send, done }: Input, { original, result }: UpscaledImage): void {
    const { width, height, scale, ms, model, warnings } = result;
    if (this.settings.keep) msg['original'] = original;
    this.RED.util.setMessageProperty(msg, this.config.output ?? 'payload', asPayload(result), true);
    msg['image'] = {
      width,
      height,
      scale,
      model,
      ms: Math.round(ms),
      queued: this.queueLength(),
      dropped: this.#dropped,
      ...(warnings.length > 0 && { warnings }),
    };
    send([msg, null]);
    done();
  }

  fail({ done }: Input, error: unknown): void {
    done(nodeError(error));
  }

  drop({ msg, send, done }: Input, why: DropReason): void {
    this.#dropped++;
    const { settings } = this;
    if (settings.full === 'error' && why !== 'stopped') return done(nodeError(dropError(why, settings)));
    const image = { reason: why, queued: this.queueLength(), dropped: this.#dropped };
    if (settings.drops) send([null, Object.assign(msg, { image })]);
    done();
  }
}
