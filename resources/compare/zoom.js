import { element } from './dom.js';
import { strings } from './strings.js';

const MAX_ZOOM = 16;
const STEP = 2;

/**
 * Zooms both sides of a slider together: buttons, the keys + - 0, double click, Ctrl + wheel. Dragging with Shift or the
 * middle button pans instead of moving the line. `line` returns the position of the line (0…1), the centre of a zoom by
 * key or button.
 */
export function zoom(box, line) {
  let scale = 1;
  /** Upper left corner, as a fraction of the box. */
  let [x, y] = [0, 0];

  const level = element('span', { attributes: { role: 'status' } });
  const button = (label, sign, by) => {
    const control = element('button', { type: 'button', attributes: { 'aria-label': label } }, sign);
    control.addEventListener('click', () => to(scale * by, line(), 0.5));
    return control;
  };
  const smaller = button(strings.smaller, '−', 1 / STEP);
  const larger = button(strings.larger, '+', STEP);
  const controls = element('div', { className: 'zoom' }, smaller, level, larger);
  for (const event of ['pointerdown', 'dblclick']) controls.addEventListener(event, (inner) => inner.stopPropagation());
  box.append(controls);

  const show = () => {
    const clamp = (offset) => Math.min(0, Math.max(1 - scale, offset));
    [x, y] = [clamp(x), clamp(y)];
    box.style.setProperty('--zoom', scale);
    box.style.setProperty('--x', `${x * 100}%`);
    box.style.setProperty('--y', `${y * 100}%`);
    level.textContent = `${Math.round(scale * 10) / 10}×`;
    smaller.disabled = scale <= 1;
    larger.disabled = scale >= MAX_ZOOM;
  };
  /** Zooms around a point of the box, which keeps its position. */
  const to = (wanted, atX, atY) => {
    const next = Math.min(MAX_ZOOM, Math.max(1, wanted));
    x = atX - ((atX - x) * next) / scale;
    y = atY - ((atY - y) * next) / scale;
    scale = next;
    show();
  };
  show();

  const pointOf = ({ clientX, clientY }) => {
    const { left, top, width, height } = box.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  };
  box.addEventListener('dblclick', (event) => to(scale >= 8 ? 1 : scale * STEP, ...pointOf(event)));
  box.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return; // plain wheel: scroll the page
      event.preventDefault();
      to(scale * Math.exp(-event.deltaY / 300), ...pointOf(event));
    },
    { passive: false },
  );
  box.addEventListener('keydown', ({ key, ctrlKey, metaKey }) => {
    if (ctrlKey || metaKey) return; // browser zoom
    if (key === '+' || key === '=') to(scale * STEP, line(), 0.5);
    else if (key === '-') to(scale / STEP, line(), 0.5);
    else if (key === '0') to(1, 0, 0);
  });

  let last = null;
  box.addEventListener('pointerdown', (event) => {
    if (!isPan(event)) return;
    event.preventDefault();
    box.setPointerCapture(event.pointerId);
    last = pointOf(event);
  });
  box.addEventListener('pointermove', (event) => {
    if (!last) return;
    const now = pointOf(event);
    x += now[0] - last[0];
    y += now[1] - last[1];
    last = now;
    show();
  });
  for (const event of ['pointerup', 'pointercancel']) box.addEventListener(event, () => (last = null));
}

/** Whether a pointer press pans the image rather than moving the line. */
export const isPan = ({ button, shiftKey }) => button === 1 || (button === 0 && shiftKey);
