import type { Language } from './language';

/** The page that shows a live picture: plain HTML that needs nothing from anywhere else. `kind` says how pictures come. */
export const livePage = (title: string, kind: 'mjpeg' | 'hls', language: Language): string =>
  pageOf(escaped(title), kind, language, WORDS[language]);

const WORDS = {
  en: {
    ...{ connecting: 'connecting', picture: 'live picture', compare: 'before and after' },
    ...{ ended: 'not running', error: 'error', offline: 'no connection' },
  },
  de: {
    ...{ connecting: 'verbindet', picture: 'Livebild', compare: 'vorher und nachher' },
    ...{ ended: 'läuft nicht', error: 'Fehler', offline: 'keine Verbindung' },
  },
} as const;

const pageOf = (
  title: string,
  kind: 'mjpeg' | 'hls',
  language: Language,
  words: (typeof WORDS)[Language],
): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
  :root { font: 15px/1.4 system-ui, sans-serif; --paper: #f4f2f7; --ink: #26222c; --quiet: #6d6577; }
  @media (prefers-color-scheme: dark) { :root { --paper: #17151b; --ink: #e9e5ee; --quiet: #9d94a8; } }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; grid-template-rows: auto 1fr; background: var(--paper); color: var(--ink); }
  header { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; padding: .7rem 1rem; }
  h1 { font-size: 1.05rem; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
  a { margin-left: auto; color: inherit; }
  #state { color: var(--quiet); font-variant-numeric: tabular-nums; }
  main { display: grid; place-items: center; padding: 0 1rem 1rem; min-width: 0; min-height: 0; }
  #picture { display: block; max-width: 100%; max-height: calc(100vh - 4.5rem); border-radius: 4px; background: #000; }
  #picture.stale { opacity: .45; }
</style>
</head>
<body>
<header><h1>${title}</h1><span id="state" role="status">${words.connecting}</span><a id="compare" href="">${words.compare}</a></header>
<main>${kind === 'mjpeg' ? `<img id="picture" alt="${words.picture}">` : '<video id="picture" muted autoplay playsinline></video>'}</main>
<script>
'use strict';
const base = location.pathname.replace(/\\/$/, '');
const picture = document.getElementById('picture');
const state = document.getElementById('state');
document.getElementById('compare').href = base + '/compare/';
${kind === 'mjpeg' ? MJPEG : HLS}
async function look() {
  try {
    const answer = await fetch(base + '/state', { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.status === 404 ? '${words.ended}' : '${words.error} ' + answer.status);
    const now = await answer.json();
    state.textContent = now.text;
    picture.classList.toggle('stale', !now.running);
    alive(now);
  } catch (error) {
    state.textContent = error instanceof TypeError ? '${words.offline}' : error.message;
    picture.classList.add('stale');
    lost();
  }
  setTimeout(look, 1000);
}
look();
</script>
</body>
</html>
`;

/** The stream is opened again when it broke off. */
const MJPEG = `let open = false;
picture.onerror = () => { open = false; };
function alive() { if (!open) { open = true; picture.src = base + '/mjpeg?' + Date.now(); } }
function lost() { open = false; }`;

/** Plays HLS of fragmented MP4 by Media Source Extensions, a piece at a time; no library is needed for one stream. */
const HLS = `let playing = null;
function lost() {}
function alive() { if (!playing) playing = play().catch(() => {}).finally(() => setTimeout(() => { playing = null; }, 1000)); }
const bytes = async (name) => {
  const answer = await fetch(base + '/hls/' + name, { cache: 'no-store' });
  if (!answer.ok) throw new Error('gone');
  return answer.arrayBuffer();
};
async function play() {
  let media, buffer, init = '', had = new Set();
  const append = (data) => new Promise((resolve, reject) => {
    buffer.onupdateend = resolve;
    buffer.onerror = reject;
    buffer.appendBuffer(data);
  });
  for (;;) {
    const list = new TextDecoder().decode(await bytes('index.m3u8'));
    const map = (/#EXT-X-MAP:URI="([^"]+)"/.exec(list) || [])[1];
    const names = list.split('\\n').filter((line) => line.endsWith('.m4s'));
    if (map && map !== init) {
      const head = await bytes(map);
      media = new MediaSource();
      picture.src = URL.createObjectURL(media);
      await new Promise((resolve) => media.addEventListener('sourceopen', resolve, { once: true }));
      buffer = media.addSourceBuffer('video/mp4; codecs="' + codec(new Uint8Array(head)) + '"');
      buffer.mode = 'sequence';
      await append(head);
      init = map;
      had = new Set(names.slice(0, -2));
    }
    for (const name of names) {
      if (had.has(name)) continue;
      had.add(name);
      await append(await bytes(name));
      const end = buffer.buffered.length ? buffer.buffered.end(buffer.buffered.length - 1) : 0;
      if (end - picture.currentTime > 6) picture.currentTime = end - 2.5;
      if (picture.paused) picture.play().catch(() => {});
      if (end > 30) await new Promise((resolve) => { buffer.onupdateend = resolve; buffer.remove(0, end - 20); });
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
/** avc1.PPCCLL, out of the box that describes the stream. */
function codec(head) {
  for (let i = 4; i + 8 < head.length; i++) {
    if (head[i] === 97 && head[i + 1] === 118 && head[i + 2] === 99 && head[i + 3] === 67)
      return 'avc1.' + [5, 6, 7].map((k) => head[i + k].toString(16).padStart(2, '0')).join('');
  }
  throw new Error('no H.264');
}`;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
