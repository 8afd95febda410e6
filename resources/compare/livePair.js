import { element, icon } from './dom.js';
import { PAUSE, PLAY } from './player.js';
import { split } from './slider.js';
import { inLanguage, words } from './strings.js';

/** Milliseconds from one question to the next at least, and after one that brought nothing. */
const PERIOD = 200;
const REST = 1000;

/**
 * The newest picture of a job at work and what became of it, behind one line. Both come in one answer and are drawn at once,
 * so they are always the same moment. Nothing is asked for while the page is not seen, or the picture is held. `fit` is told
 * how wide they are.
 */
export function live(pair, fit) {
  const canvases = [pair.before, pair.after].map(({ label }) =>
    element('canvas', { attributes: { role: 'img', 'aria-label': inLanguage(label) } }),
  );
  const box = split({ ...pair, width: 16, height: 9 }, ...canvases);
  const button = element('button', { type: 'button' });
  const state = element('output', { className: 'state' }, words.waiting);
  const shown = element('div', {}, box, element('div', { className: 'controls' }, button, state));

  let isHeld = false;
  let wake = () => {};
  const show = () => {
    button.replaceChildren(icon(isHeld ? PLAY : PAUSE));
    button.setAttribute('aria-label', isHeld ? words.play : words.pause);
    if (isHeld) state.value = words.held;
  };
  const toggle = () => {
    isHeld = !isHeld;
    show();
    wake();
  };
  button.addEventListener('click', toggle);
  box.addEventListener('keydown', (event) => {
    if (event.key !== ' ') return;
    event.preventDefault(); // it would scroll the page
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
      const shownLabel = canvas.parentElement.querySelector('.label');
      if (shownLabel.textContent !== label) shownLabel.textContent = label;
      canvas.getContext('bitmaprenderer').transferFromImageBitmap(bitmap);
    });
    box.style.aspectRatio = String(aspect);
  };

  /** Asks once. Answers with how long to wait; null: there is nothing more to ask for. */
  const turn = async () => {
    const answer = await fetch(pair.live, { cache: 'no-store' });
    if (answer.status === 404) {
      state.value = words.over;
      return null;
    }
    if (answer.status !== 200) {
      state.value = answer.status === 204 ? words.silent : words.answers(answer.status);
      return REST;
    }
    const form = await answer.formData();
    const bitmaps = await Promise.all(['before', 'after'].map((side) => createImageBitmap(form.get(side))));
    if (isHeld) return 0; // what is looked at stays
    draw(bitmaps, Number(form.get('aspect')));
    fit(canvases[1].width);
    state.value = words.live;
    return PERIOD;
  };

  (async () => {
    for (let wait = 0; wait !== null;) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      while (isHeld || document.visibilityState !== 'visible') await new Promise((resolve) => (wake = resolve));
      try {
        wait = await turn();
      } catch {
        state.value = words.offline;
        wait = REST;
      }
    }
  })();
  return shown;
}
