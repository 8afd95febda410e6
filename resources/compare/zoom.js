import { element } from './dom.js';
import { words as said } from './strings.js';

const MOST = 16;
const STEP = 2;

/**
 * Lets both pictures of a split be looked at closely, at the same place: two buttons, the keys + - 0, a double click, the
 * wheel with Ctrl. With Shift, or the middle button, the picture is dragged instead of the line. `line` says where that is,
 * 0…1: the keys and the buttons enlarge what is there.
 */
export function zoom(box, line) {
  let scale = 1;
  /** Place of the upper left corner, in sides of the box. */
  let [x, y] = [0, 0];

  const words = element('span', { attributes: { role: 'status' } });
  const button = (label, sign, by) => {
    const made = element('button', { type: 'button', attributes: { 'aria-label': label } }, sign);
    made.addEventListener('click', () => to(scale * by, line(), 0.5));
    return made;
  };
  const smaller = button(said.smaller, '−', 1 / STEP);
  const larger = button(said.larger, '+', STEP);
  const controls = element('div', { className: 'zoom' }, smaller, words, larger);
  for (const event of ['pointerdown', 'dblclick']) controls.addEventListener(event, (one) => one.stopPropagation());
  box.append(controls);

  const show = () => {
    const inside = (place) => Math.min(0, Math.max(1 - scale, place));
    [x, y] = [inside(x), inside(y)];
    box.style.setProperty('--zoom', scale);
    box.style.setProperty('--x', `${x * 100}%`);
    box.style.setProperty('--y', `${y * 100}%`);
    words.textContent = `${Math.round(scale * 10) / 10}×`;
    smaller.disabled = scale <= 1;
    larger.disabled = scale >= MOST;
  };
  /** What is at this place of the box stays there. */
  const to = (wanted, atX, atY) => {
    const next = Math.min(MOST, Math.max(1, wanted));
    x = atX - ((atX - x) * next) / scale;
    y = atY - ((atY - y) * next) / scale;
    scale = next;
    show();
  };
  show();

  const placeOf = ({ clientX, clientY }) => {
    const { left, top, width, height } = box.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  };
  box.addEventListener('dblclick', (event) => to(scale >= 8 ? 1 : scale * STEP, ...placeOf(event)));
  box.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return; // without it the page scrolls
      event.preventDefault();
      to(scale * Math.exp(-event.deltaY / 300), ...placeOf(event));
    },
    { passive: false },
  );
  box.addEventListener('keydown', ({ key, ctrlKey, metaKey }) => {
    if (ctrlKey || metaKey) return; // those enlarge the page
    if (key === '+' || key === '=') to(scale * STEP, line(), 0.5);
    else if (key === '-') to(scale / STEP, line(), 0.5);
    else if (key === '0') to(1, 0, 0);
  });

  let held = null;
  box.addEventListener('pointerdown', (event) => {
    if (!isForPicture(event)) return;
    event.preventDefault();
    box.setPointerCapture(event.pointerId);
    held = placeOf(event);
  });
  box.addEventListener('pointermove', (event) => {
    if (!held) return;
    const now = placeOf(event);
    x += now[0] - held[0];
    y += now[1] - held[1];
    held = now;
    show();
  });
  for (const event of ['pointerup', 'pointercancel']) box.addEventListener(event, () => (held = null));
}

/** Whether a press is meant for the picture, not for the line. */
export const isForPicture = ({ button, shiftKey }) => button === 1 || (button === 0 && shiftKey);
