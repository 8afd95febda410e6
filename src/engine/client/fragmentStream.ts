import type { Mp4Part } from '../../pipeline/media/mp4Boxes';
import type { LiveChannel } from './liveChannel';

type OnFragment = (fragment: Mp4Part | null) => Promise<void> | void;

/** The MP4 stream of a live job, as its consumer sees it: each stream that begins also ends, with null. */
export class FragmentStream {
  #isOpen = false;

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
    const release = (): void => void (this.channel.isUp && this.channel.send({ what: 'releaseFragment' }));
    void Promise.resolve(this.onFragment(received)).then(release, release);
  }

  /** Ends a stream that has begun and not ended. */
  end(): void {
    if (this.#isOpen) void this.onFragment(null);
    this.#isOpen = false;
  }
}
