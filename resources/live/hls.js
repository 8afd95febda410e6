// Plays HLS of fragmented MP4 with Media Source Extensions, one segment at a time: one stream needs no library.

/** Milliseconds before a failed player starts again. */
const RETRY_MS = 1000;
/** Milliseconds between two requests for the playlist. */
const POLL_MS = 500;
/** Seconds of delay after which the player skips ahead, and the delay it skips to. */
const MAX_DELAY = 6;
const TARGET_DELAY = 2.5;
/** Seconds after which old data is removed from the buffer, and the seconds that stay. */
const MAX_BUFFERED = 30;
const KEPT = 20;

export function hlsPlayer() {
  const element = document.createElement('video');
  Object.assign(element, { muted: true, autoplay: true, playsInline: true });
  let playing = null;
  const start = () => {
    playing ??= play(element)
      .catch(() => {}) // the status text reports why
      .finally(() => setTimeout(() => (playing = null), RETRY_MS));
  };
  return { element, start, stop() {} };
}

async function play(video) {
  let buffer;
  let init = '';
  let appended = new Set();
  for (;;) {
    const { map, segments } = parsePlaylist(new TextDecoder().decode(await load('index.m3u8')));
    if (map && map !== init) {
      const header = await load(map);
      buffer = await openBuffer(video, codecOf(new Uint8Array(header)));
      await append(buffer, header);
      init = map;
      appended = new Set(segments.slice(0, -2));
    }
    for (const name of segments.filter((one) => !appended.has(one))) {
      appended.add(name);
      await append(buffer, await load(name));
      await keepUp(video, buffer);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function parsePlaylist(text) {
  return {
    map: /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1],
    segments: text.split('\n').filter((line) => line.endsWith('.m4s')),
  };
}

async function load(name) {
  const response = await fetch(`hls/${name}`, { cache: 'no-store' });
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response.arrayBuffer();
}

async function openBuffer(video, codec) {
  const media = new MediaSource();
  video.src = URL.createObjectURL(media);
  await new Promise((resolve) => media.addEventListener('sourceopen', resolve, { once: true }));
  const buffer = media.addSourceBuffer(`video/mp4; codecs="${codec}"`);
  buffer.mode = 'sequence';
  return buffer;
}

function append(buffer, data) {
  return finished(buffer, () => buffer.appendBuffer(data));
}

function finished(buffer, work) {
  return new Promise((resolve, reject) => {
    buffer.onupdateend = resolve;
    buffer.onerror = reject;
    work();
  });
}

async function keepUp(video, buffer) {
  const { buffered } = buffer;
  const end = buffered.length ? buffered.end(buffered.length - 1) : 0;
  if (end - video.currentTime > MAX_DELAY) video.currentTime = end - TARGET_DELAY;
  if (video.paused) video.play().catch(() => {}); // the browser may want a click first
  if (end > MAX_BUFFERED) await finished(buffer, () => buffer.remove(0, end - KEPT));
}

/** `avc1.PPCCLL` from the avcC box: profile, constraints and level. */
function codecOf(header) {
  const [a, v, c, C] = [97, 118, 99, 67];
  for (let i = 4; i + 8 < header.length; i++) {
    if (header[i] === a && header[i + 1] === v && header[i + 2] === c && header[i + 3] === C)
      return `avc1.${[5, 6, 7].map((k) => header[i + k].toString(16).padStart(2, '0')).join('')}`;
  }
  throw new Error('no H.264');
}
