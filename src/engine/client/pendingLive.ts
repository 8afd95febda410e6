import { deferred } from '../../async/deferred';
import { RemasterError } from '../../errors';
import type { CameraFacts } from '../../pipeline/jobs/live/cameraProbe';
import type { LiveJob } from '../../settings/liveJob';
import type { LiveEvent } from '../liveProtocol';
import { FragmentStream } from './fragmentStream';
import { JpegRequest } from './jpegRequest';
import type { LiveChannel } from './liveChannel';
import { type LiveEvents, tell } from './liveEvents';

/** What the client knows of one live job that has not ended. Methods that may end it return true if they have. */
export class PendingLive {
  readonly #settled = deferred<void>();
  readonly jpeg: JpegRequest;
  readonly #stream: FragmentStream;
  /** Properties of the camera's stream, as last probed. */
  #facts: CameraFacts | null = null;
  #isStopping = false;
  readonly ended = this.#settled.promise;

  constructor(
    private readonly job: LiveJob,
    private readonly events: LiveEvents,
    private readonly channel: LiveChannel,
  ) {
    this.jpeg = new JpegRequest(channel);
    this.#stream = new FragmentStream((fragment) => events.onFragment?.(fragment), channel);
    this.ended.catch(() => {}); // the caller handles it
  }

  /** Starts it in a new process. */
  start(): void {
    this.channel.send({ what: 'start', job: this.job, facts: this.#facts });
    this.jpeg.resend();
  }

  receive(event: LiveEvent): boolean {
    if (event.what === 'failed') this.#settled.reject(RemasterError.from(event.error));
    if (event.what === 'failed' || event.what === 'stopped') return this.#end();
    if (event.what === 'jpeg') this.jpeg.close(); // before its receiver asks for the next
    if (event.what === 'facts') this.#facts = event.facts;
    else if (event.what === 'fragment') this.#stream.pass(event.fragment);
    else tell(this.events, event);
    return false;
  }

  /** It waits for the next process, unless it is stopping. */
  onCrash(crash: RemasterError): boolean {
    if (this.#isStopping) return this.#end();
    this.jpeg.restart();
    this.#stream.end();
    this.events.onCamera?.({ is: 'connecting' });
    this.events.onRecoverableError?.(crash);
    return false;
  }

  /** Without a process it has ended at once. */
  stop(): boolean {
    this.#isStopping = true;
    if (!this.channel.isUp) return this.#end();
    this.channel.send({ what: 'stop' });
    return false;
  }

  #end(): true {
    this.#stream.end();
    this.#settled.resolve();
    return true;
  }
}
