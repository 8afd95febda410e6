import { element, icon } from './dom.js';
import { inLanguage, strings } from './strings.js';
import { isPan, zoom } from './zoom.js';

/** Percent that one key press moves the line. */
const KEYS = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: -100,
  End: 100,
};

/** Pixels a finger must move before the line follows it. */
const DRAG_THRESHOLD = 6;

/** Two images or videos on top of each other: the first is visible left of a draggable line, the second right of it. */
export function slider({ width, height, before, after }, first, second) {
  const handle = element(
    'div',
    {
      className: 'handle',
      tabIndex: 0,
      attributes: {
        role: 'slider',
        'aria-label': strings.line,
        'aria-orientation': 'horizontal',
        'aria-valuemin': '0',
        'aria-valuemax': '100',
      },
    },
    element('div', { className: 'grip' }, icon('M9.5 8 5.5 12 9.5 16M14.5 8 18.5 12 14.5 16')),
  );
  const box = element(
    'div',
    { className: 'split' },
    element(
      'div',
      { className: 'layer before' },
      first,
      element('span', { className: 'label' }, inLanguage(before.label)),
    ),
    element(
      'div',
      { className: 'layer after' },
      second,
      element('span', { className: 'label' }, inLanguage(after.label)),
    ),
    handle,
  );
  box.style.aspectRatio = `${width} / ${height}`;

  let at = 0;
  const move = (percent) => {
    at = Math.min(100, Math.max(0, percent));
    box.style.setProperty('--at', `${at}%`);
    handle.setAttribute('aria-valuenow', String(Math.round(at)));
    handle.setAttribute('aria-valuetext', strings.share(Math.round(at)));
  };
  move(50);

  const follow = ({ clientX }) => {
    const bounds = box.getBoundingClientRect();
    move(((clientX - bounds.left) / bounds.width) * 100);
  };
  // A finger may scroll the page, so the line follows it only after a sideways move or on a tap.
  let from = null;
  let isDragging = false;
  box.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || isPan(event)) return;
    event.preventDefault(); // no text selection, no image drag
    handle.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    isDragging = true;
    from = event.pointerType === 'touch' ? event.clientX : null;
    if (from === null) follow(event);
  });
  box.addEventListener('pointermove', (event) => {
    if (!isDragging) return;
    if (from !== null && Math.abs(event.clientX - from) < DRAG_THRESHOLD) return;
    from = null;
    follow(event);
  });
  box.addEventListener('pointerup', (event) => {
    if (isDragging) follow(event);
    isDragging = false;
  });
  box.addEventListener('pointercancel', () => (isDragging = false));
  handle.addEventListener('keydown', (event) => {
    const step = KEYS[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(at + step * (event.shiftKey ? 10 : 1));
  });
  zoom(box, () => at / 100);
  return box;
}
