import { element, icon } from './dom.js';
import { PAUSE, PLAY } from './player.js';
import { slider } from './slider.js';
import { inLanguage, strings } from './strings.js';

/** Milliseconds between two requests, and after a request that returned no frame. */
const PERIOD = 200;
const RETRY_DELAY = 1000;

/**
 * Compares the newest frame of a running job before and after. Both arrive in one response and are drawn together, so they
 * always show the same frame. No requests are made while the page is hidden or paused. Calls `fit` with the frame width.
 */
export function livePair(pair, fit) {
  const canvases = [pair.before, pair.after].map(({ label }) =>
    element('canvas', { attributes: { role: 'img', 'aria-label': inLanguage(label) } }),
  );
  const box = slider({ ...pair, width: 16, height: 9 }, ...canvases);
  const button = element('button', { type: 'button' });
  const state = element('output', { className: 'state' }, strings.waiting);
  const view = element('div', {}, box, element('div', { className: 'controls' }, button, state));

  let isPaused = false;
  let wake = () => {};
  const show = () => {
    button.replaceChildren(icon(isPaused ? PLAY : PAUSE));
    button.setAttribute('aria-label', isPaused ? strings.play : strings.pause);
    if (isPaused) state.value = strings.paused;
  };
  const toggle = () => {
    isPaused = !isPaused;
    show();
    wake();
  };
  button.addEventListener('click', toggle);
  box.addEventListener('keydown', (event) => {
    if (event.key !== ' ') return;
    event.preventDefault(); // the space key scrolls the page
    toggle();
  });
  document.addEventListener('visibilitychange', () => wake());
  show();

  const draw = ([before, after], aspect) => {
    [before, after].forEach((bitmap, side) => {
      const canvas = canvases[side];
      const label = `${inLanguage([pair.before, pair.after][side].label)} · ${bitmap.width}×${bitmap.height}`;
      if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
      if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
      const labelElement = canvas.parentElement.querySelector('.label');
      if (labelElement.textContent !== label) labelElement.textContent = label;
      canvas.getContext('bitmaprenderer').transferFromImageBitmap(bitmap);
    });
    box.style.aspectRatio = String(aspect);
  };

  /** Requests one frame. Returns the delay until the next request, or null when the job has ended. */
  const refresh = async () => {
    const response = await fetch(pair.live, { cache: 'no-store' });
    if (response.status === 404) {
      state.value = strings.ended;
      return null;
    }
    if (response.status !== 200) {
      state.value = response.status === 204 ? strings.noFrames : strings.httpStatus(response.status);
      return RETRY_DELAY;
    }
    const form = await response.formData();
    const bitmaps = await Promise.all(['before', 'after'].map((side) => createImageBitmap(form.get(side))));
    if (isPaused) return 0; // paused during the request: keep the frame on screen
    draw(bitmaps, Number(form.get('aspect')));
    fit(canvases[1].width);
    state.value = strings.live;
    return PERIOD;
  };

  const run = async () => {
    for (let wait = 0; wait !== null;) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      while (isPaused || document.visibilityState !== 'visible') await new Promise((resolve) => (wake = resolve));
      try {
        wait = await refresh();
      } catch {
        state.value = strings.offline;
        wait = RETRY_DELAY;
      }
    }
  };
  void run();
  return view;
}
