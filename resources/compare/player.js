import { element, icon } from './dom.js';
import { slider } from './slider.js';
import { inLanguage, strings } from './strings.js';
import { syncedVideos } from './syncedVideos.js';

export const PLAY = 'M7 4.5v15l12-7.5z';
export const PAUSE = 'M7 5h3v14H7zM14 5h3v14h-3z';
const SPEEDS = { '1×': 1, '½×': 0.5, '¼×': 0.25 };
/** Used to step by frames when pairs.json has no frame rate. */
const DEFAULT_FPS = 25;

/** Two videos in one slider, played, paused and sought together. */
export function player(pair) {
  const { before, after } = pair;
  const fps = pair.fps ?? DEFAULT_FPS;
  const video = ({ video: src, label }) =>
    element('video', {
      src,
      muted: true,
      playsInline: true,
      preload: 'auto',
      disableRemotePlayback: true,
      attributes: { 'aria-label': inLanguage(label) },
    });
  const videos = [video(before), video(after)];
  const both = syncedVideos(videos[1], videos[0], 1 / fps);

  const button = element('button', { type: 'button' });
  const seekBar = element('input', {
    type: 'range',
    min: 0,
    max: 0,
    value: 0,
    attributes: { 'aria-label': strings.seek },
  });
  const position = element('output', {});
  const speed = element('select', { attributes: { 'aria-label': strings.speed } });
  speed.append(...Object.keys(SPEEDS).map((name) => element('option', { value: name }, name)));
  const box = slider(pair, ...videos);
  const view = element('div', {}, box, element('div', { className: 'controls' }, button, seekBar, position, speed));

  let last = 0;
  const show = () => {
    const frame = Math.min(last, Math.floor(both.time * fps + 0.01));
    seekBar.max = String(last);
    seekBar.value = String(frame);
    position.value = `${frame + 1} / ${last + 1}`;
    seekBar.setAttribute('aria-valuetext', strings.frame(frame + 1, last + 1));
    if (button.dataset.is === String(both.isPlaying)) return;
    button.dataset.is = String(both.isPlaying);
    button.replaceChildren(icon(both.isPlaying ? PAUSE : PLAY));
    button.setAttribute('aria-label', both.isPlaying ? strings.pause : strings.play);
  };
  both.onChange = show;
  show();

  both.ready.then(
    (duration) => {
      last = Math.max(0, Math.round(duration * fps) - 1);
      show();
      playWhenVisible(view, both);
    },
    (error) => view.replaceChildren(element('p', { className: 'failed' }, error.message)),
  );

  const toggle = () => (both.isPlaying ? both.pause() : both.play());
  button.addEventListener('click', toggle);
  box.addEventListener('keydown', (event) => {
    if (event.key !== ' ') return;
    event.preventDefault(); // the space key scrolls the page
    toggle();
  });
  // Dragging the seek bar pauses the videos; releasing it resumes them.
  let resumes = false;
  seekBar.addEventListener('input', () => {
    const frame = Number(seekBar.value); // read first: pause() sets the seek bar to the current frame
    if (both.isPlaying) {
      resumes = true;
      both.pause();
    }
    both.seek((frame + 0.5) / fps); // middle of the frame, so that both videos show the same one
  });
  seekBar.addEventListener('change', () => {
    if (resumes) both.play();
    resumes = false;
  });
  speed.addEventListener('change', () => (both.rate = SPEEDS[speed.value]));
  return view;
}

/** Starts playing once most of the view is visible, unless the user prefers reduced motion. */
function playWhenVisible(view, both) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const watch = new IntersectionObserver(
    ([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      watch.disconnect();
      both.play();
    },
    { threshold: 0.6 },
  );
  watch.observe(view);
}
