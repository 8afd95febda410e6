// The page of a live video: polls `state` (title, kind, text, running) and shows MJPEG or HLS.
import { hlsPlayer } from './hls.js';

const WORDS = {
  en: {
    connecting: 'connecting',
    video: 'live video',
    compare: 'before and after',
    ended: 'not running',
    error: 'error',
    offline: 'no connection',
  },
  de: {
    connecting: 'verbindet',
    video: 'Livebild',
    compare: 'vorher und nachher',
    ended: 'läuft nicht',
    error: 'Fehler',
    offline: 'keine Verbindung',
  },
};
const language = /^de\b/i.test(navigator.language) ? 'de' : 'en';
const words = WORDS[language];

const state = document.getElementById('state');
let player = null;

document.documentElement.lang = language;
document.getElementById('compare').textContent = words.compare;
state.textContent = words.connecting;
void poll();

async function poll() {
  try {
    const response = await fetch('state', { cache: 'no-store' });
    if (!response.ok) throw new Error(response.status === 404 ? words.ended : `${words.error} ${response.status}`);
    const { title, kind, text, running } = await response.json();
    player ??= createPlayer(title, kind);
    state.textContent = text;
    player.element.classList.toggle('stale', !running);
    player.start();
  } catch (error) {
    state.textContent = error instanceof TypeError ? words.offline : error.message;
    player?.element.classList.add('stale');
    player?.stop();
  }
  setTimeout(poll, 1000);
}

function createPlayer(title, kind) {
  document.title = title;
  document.querySelector('h1').textContent = title;
  const created = kind === 'hls' ? hlsPlayer() : mjpegPlayer();
  created.element.id = 'video';
  document.querySelector('main').append(created.element);
  return created;
}

/** `start` opens the stream again after an error. */
function mjpegPlayer() {
  const element = document.createElement('img');
  element.alt = words.video;
  let isOpen = false;
  const stop = () => {
    isOpen = false;
  };
  element.addEventListener('error', stop);
  const start = () => {
    if (isOpen) return;
    isOpen = true;
    element.src = `mjpeg?${Date.now()}`;
  };
  return { element, start, stop };
}
