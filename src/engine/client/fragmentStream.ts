import type { Mp4Part } from '../../pipeline/media/mp4Boxes';
import type { LiveChannel } from './liveChannel';

type OnFragment = (fragment: Mp4Part | null) => Promise<void> | void;

/** The MP4 stream of a live job, as its consumer sees it: each stream that begins also ends, with null. */
export class FragmentStream {
  #isOpen = false;
  /** Number of the stream; only what the current one has sent may be released. */
  #stream = 0;

  constructor(
    private readonly onFragment: OnFragment,
    private readonly channel: LiveChannel,
  ) {}

  /** Passes on a fragment as it comes from the process, which may send another when the consumer has taken it. */
  pass(fragment: Mp4Part | null): void {
    this.#isOpen = fragment !== null;
    const data = fragment?.data; // a plain Uint8Array after crossing the process boundary
    const received =
      fragment && data ? { ...fragment, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) } : null;
    const stream = this.#stream;
    const release = (): void => {
      if (this.channel.isUp && stream === this.#stream) this.channel.send({ what: 'releaseFragment' });
    };
    void Promise.resolve(this.onFragment(received)).then(release, release);
  }

  /** The process or the job has ended: ends a stream that has begun and not ended. */
  end(): void {
    this.#stream++;
    if (this.#isOpen) void this.onFragment(null);
    this.#isOpen = false;
  }
}
