import { element, icon } from './dom.js';
import { split } from './slider.js';
import { twins } from './syncedVideos.js';
import { inLanguage, words as said } from './strings.js';

export const PLAY = 'M7 4.5v15l12-7.5z';
export const PAUSE = 'M7 5h3v14H7zM14 5h3v14h-3z';
const SPEEDS = { '1×': 1, '½×': 0.5, '¼×': 0.25 };
/** Frames per second to step by when the pair does not say. */
const USUAL = 25;

/** Two videos behind one line, played, paused and sought as one. */
export function player(pair) {
  const { before, after } = pair;
  const fps = pair.fps ?? USUAL;
  const video = ({ video: src, label }) =>
    element('video', {
      src,
      muted: true,
      playsInline: true,
      preload: 'auto',
      disableRemotePlayback: true,
      attributes: { 'aria-label': inLanguage(label) },
    });
  const pictures = [video(before), video(after)];
  const both = twins(pictures[1], pictures[0], 1 / fps);

  const button = element('button', { type: 'button' });
  const place = element('input', { type: 'range', min: 0, max: 0, value: 0, attributes: { 'aria-label': said.place } });
  const words = element('output', {});
  const speed = element('select', { attributes: { 'aria-label': said.speed } });
  speed.append(...Object.keys(SPEEDS).map((name) => element('option', { value: name }, name)));
  const box = split(pair, ...pictures);
  const player = element('div', {}, box, element('div', { className: 'controls' }, button, place, words, speed));

  let last = 0;
  const show = () => {
    const frame = Math.min(last, Math.floor(both.time * fps + 0.01));
    place.max = String(last);
    place.value = String(frame);
    words.value = `${frame + 1} / ${last + 1}`;
    place.setAttribute('aria-valuetext', said.frame(frame + 1, last + 1));
    if (button.dataset.is === String(both.isPlaying)) return;
    button.dataset.is = String(both.isPlaying);
    button.replaceChildren(icon(both.isPlaying ? PAUSE : PLAY));
    button.setAttribute('aria-label', both.isPlaying ? said.pause : said.play);
  };
  both.onChange = show;
  show();

  both.ready.then(
    (duration) => {
      last = Math.max(0, Math.round(duration * fps) - 1);
      show();
      playWhenSeen(player, both);
    },
    (error) => player.replaceChildren(element('p', { className: 'failed' }, error.message)),
  );

  const toggle = () => (both.isPlaying ? both.pause() : both.play());
  button.addEventListener('click', toggle);
  box.addEventListener('keydown', (event) => {
    if (event.key !== ' ') return;
    event.preventDefault(); // it would scroll the page
    toggle();
  });
  // While the place is dragged the videos stand; they go on when it is let go.
  let goesOn = false;
  place.addEventListener('input', () => {
    const frame = Number(place.value); // read first: pausing shows here where the videos are
    if (both.isPlaying) {
      goesOn = true;
      both.pause();
    }
    both.seek((frame + 0.5) / fps); // the middle of a frame: both show the same one
  });
  place.addEventListener('change', () => {
    if (goesOn) both.play();
    goesOn = false;
  });
  speed.addEventListener('change', () => (both.rate = SPEEDS[speed.value]));
  return player;
}

/** Starts once, as soon as most of it is in view, unless the user wants little motion. */
function playWhenSeen(player, both) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const watch = new IntersectionObserver(
    ([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      watch.disconnect();
      both.play();
    },
    { threshold: 0.6 },
  );
  watch.observe(player);
}
