import type { LiveChannel } from './liveChannel';

/** The request of a live job for one JPEG; one is open at a time. */
export class JpegRequest {
  /** The frame index that the JPEG must be above; null when no request is open. */
  #newerThan: number | null = null;
  /** No JPEG has come from this engine process yet: its frame index starts at 0. */
  #isNew = true;

  constructor(private readonly channel: LiveChannel) {}

  /** Does nothing while another request is open. Without a process, the next one gets it. */
  open(newerThan: number): void {
    if (this.#newerThan !== null) return;
    this.#newerThan = this.#isNew ? -1 : newerThan;
    if (this.channel.isUp) this.#send();
  }

  /** The JPEG has come. */
  close(): void {
    this.#newerThan = null;
    this.#isNew = false;
  }

  /** The process has crashed: any frame of the next one fulfils an open request. */
  restart(): void {
    this.#isNew = true;
    if (this.#newerThan !== null) this.#newerThan = -1;
  }

  /** Sends an open request to a new process. */
  resend(): void {
    if (this.#newerThan !== null) this.#send();
  }

  #send(): void {
    this.channel.send({ what: 'requestJpeg', newerThan: this.#newerThan! });
  }
}
