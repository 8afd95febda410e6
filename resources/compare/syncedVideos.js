import { strings } from './strings.js';

/** Drift, in frames, above which the follower seeks; below it, its playback rate is adjusted slightly. */
const JUMP = 1;
/** Playback rate change per second of drift. */
const GAIN = 2;
/** Maximum change of the follower's playback rate. */
const MAX_RATE_CHANGE = 0.2;

/**
 * Plays two videos of the same scene in a loop, as one. `follower` is kept within `frame` (seconds) of the time of `leader`.
 */
export function syncedVideos(leader, follower, frame) {
  const videos = [leader, follower];
  let isPlaying = false;
  let rate = 1;
  let isTicking = false;
  let wanted = null;
  let seeking = null;

  const both = {
    /** Duration in seconds; rejects when a video cannot be played. */
    ready: Promise.all(videos.map(whenLoaded)).then((durations) => Math.min(...durations)),
    /** Called when the time or the state may have changed. */
    onChange: () => {},
    get isPlaying() {
      return isPlaying;
    },
    get time() {
      return wanted ?? leader.currentTime;
    },
    set rate(value) {
      rate = value;
      leader.playbackRate = follower.playbackRate = rate;
    },
    play,
    pause,
    seek,
  };
  leader.addEventListener('ended', () => void restart());
  leader.addEventListener('seeked', () => both.onChange());
  return both;

  async function play() {
    isPlaying = true;
    both.onChange();
    if (leader.ended) await seek(0);
    else if (leader.currentTime !== follower.currentTime) await seek(leader.currentTime);
    if (!isPlaying) return; // paused while seeking
    try {
      await Promise.all(videos.map((video) => video.play()));
      if (!isTicking) tick();
    } catch {
      pause(); // the browser blocks autoplay: show the play button
    }
  }

  function pause() {
    isPlaying = false;
    for (const video of videos) video.pause();
    both.onChange();
  }

  /** Seeks both videos. Of several calls during a seek, only the last one takes effect. */
  function seek(seconds) {
    wanted = seconds;
    both.onChange();
    seeking ??= (async () => {
      while (wanted !== null) {
        const to = wanted;
        wanted = null;
        await Promise.all(videos.map((video) => seekVideo(video, to)));
      }
      seeking = null;
    })();
    return seeking;
  }

  async function restart() {
    if (!isPlaying) return;
    await seek(0);
    if (isPlaying) await play();
  }

  function tick() {
    isTicking = isPlaying;
    if (!isPlaying) return;
    both.onChange();
    const drift = follower.currentTime - leader.currentTime;
    if (!seeking && !leader.ended && !follower.seeking) {
      if (Math.abs(drift) > JUMP * frame) follower.currentTime = leader.currentTime;
      follower.playbackRate = rate * (1 - Math.min(MAX_RATE_CHANGE, Math.max(-MAX_RATE_CHANGE, drift * GAIN)));
      if (follower.paused && !follower.ended) void follower.play().catch(() => {}); // it reached its end before the loop restarted
    }
    requestAnimationFrame(tick);
  }
}

function whenLoaded(video) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(strings.unplayable(video.currentSrc || video.src)));
    if (video.error) fail();
    else if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) resolve(video.duration);
    video.addEventListener('loadeddata', () => resolve(video.duration), { once: true });
    video.addEventListener('error', fail, { once: true });
  });
}

function seekVideo(video, seconds) {
  return new Promise((resolve) => {
    const stop = new AbortController();
    for (const event of ['seeked', 'error'])
      video.addEventListener(
        event,
        () => {
          stop.abort();
          resolve();
        },
        { signal: stop.signal },
      );
    video.currentTime = seconds;
  });
}
