import type { LiveSource } from '../../../settings/liveJob';
import type { Ffmpeg } from '../../media/runFfmpeg';

/** Seconds for which a camera that sends packets is waited for: the longest distance of two key frames. */
const LONGEST_GOP = 120;
/** Milliseconds of packets without a frame after which the wait is reported. */
const TOLD_AFTER = 2000;

/**
 * A filter that passes the first key frame and all after it. Decoders of H.265 show what a stream joined between key
 * frames lacks as grey smears. A stream that refreshes without key frames is whole after LONGEST_GOP at the latest.
 */
export const FROM_KEY_FRAME = `select='gt(key+selected_n,0)+gt(t-start_t,${LONGEST_GOP})'`;

/** An output that lists the packets of the video on file descriptor 4, before any frame can be decoded. */
export const packetOutput = ({ input }: LiveSource): string[] =>
  input.kind === 'address'
    ? ['-map', '0:v:0', '-c', 'copy', '-copyinkf', '-flush_packets', '1', '-f', 'framecrc', 'pipe:4']
    : []; // the frames of devices and patterns are whole

export interface PacketWatch {
  /** Packets come, so a key frame will: no frame is no reason yet to give the camera up. `stall`: seconds. */
  mayStillJoin(stall: number): boolean;
}

/** Calls `onJoining` once if packets come but no frame, as `hasFrame` says. */
export function watchPackets(camera: Ffmpeg, hasFrame: () => boolean, onJoining: () => void): PacketWatch {
  let first: number | null = null;
  let last = -Infinity;
  let isTold = false;
  camera.pipes[1]!.setEncoding('utf8').on('data', (text: string) => {
    if (!PACKET.test(text)) return;
    last = performance.now();
    first ??= last;
    if (isTold || hasFrame() || last - first < TOLD_AFTER) return;
    isTold = true;
    onJoining();
  });
  return {
    mayStillJoin: (stall) =>
      first !== null && performance.now() - last < stall * 1000 && last - first < LONGEST_GOP * 1000,
  };
}

/** A line of a packet, not one of the header. */
const PACKET = /^0,/m;
