import { words } from './strings.js';

/** Drift in frames from which the follower jumps; below it, it hurries or waits without being noticed. */
const JUMP = 1;
/** How much of the drift is made up for in a second. */
const PULL = 2;
/** Most the follower's speed is changed by. */
const MOST = 0.2;

/**
 * Two videos of the same moments as one that plays in a loop. `leader` gives the time, `follower` is kept at it within
 * `frame` (seconds).
 */
export function twins(leader, follower, frame) {
  const videos = [leader, follower];
  let isPlaying = false;
  let rate = 1;
  let isTicking = false;
  let wanted = null;
  let seeking = null;

  const both = {
    /** Seconds of the whole; rejects when a video cannot be played. */
    ready: Promise.all(videos.map(loaded)).then((durations) => Math.min(...durations)),
    /** Called whenever something may have changed that is shown. */
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
  leader.addEventListener('ended', () => void round());
  leader.addEventListener('seeked', () => both.onChange());
  return both;

  async function play() {
    isPlaying = true;
    both.onChange();
    if (leader.ended) await seek(0);
    else if (leader.currentTime !== follower.currentTime) await seek(leader.currentTime);
    if (!isPlaying) return; // somebody paused meanwhile
    try {
      await Promise.all(videos.map((video) => video.play()));
      if (!isTicking) tick();
    } catch {
      pause(); // the browser does not let it play by itself: the button says so
    }
  }

  function pause() {
    isPlaying = false;
    for (const video of videos) video.pause();
    both.onChange();
  }

  /** Both at this moment; of several wishes in a row only the last is fulfilled. */
  function seek(seconds) {
    wanted = seconds;
    both.onChange();
    seeking ??= (async () => {
      while (wanted !== null) {
        const to = wanted;
        wanted = null;
        await Promise.all(videos.map((video) => moved(video, to)));
      }
      seeking = null;
    })();
    return seeking;
  }

  /** From the end to the beginning, together. */
  async function round() {
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
      follower.playbackRate = rate * (1 - Math.min(MOST, Math.max(-MOST, drift * PULL)));
      if (follower.paused && !follower.ended) void follower.play().catch(() => {}); // its end came first, then a jump back
    }
    requestAnimationFrame(tick);
  }
}

function loaded(video) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(words.unplayable(video.currentSrc || video.src)));
    if (video.error) fail();
    else if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) resolve(video.duration);
    video.addEventListener('loadeddata', () => resolve(video.duration), { once: true });
    video.addEventListener('error', fail, { once: true });
  });
}

function moved(video, seconds) {
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
