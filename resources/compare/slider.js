import { element, icon } from './dom.js';
import { inLanguage, words } from './strings.js';
import { isForPicture, zoom } from './zoom.js';

/** Per cent that one press of a key moves the line. */
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

/** Pixels a finger moves before the line follows it. */
const SIDEWAYS = 6;

/** Two pictures or videos on each other with a line between them: on its left the first is seen, on its right the second. */
export function split({ width, height, before, after }, first, second) {
  const handle = element(
    'div',
    {
      className: 'handle',
      tabIndex: 0,
      attributes: {
        role: 'slider',
        'aria-label': words.line,
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
    handle.setAttribute('aria-valuetext', words.share(Math.round(at)));
  };
  move(50);

  const follow = ({ clientX }) => {
    const { left, width: wide } = box.getBoundingClientRect();
    move(((clientX - left) / wide) * 100);
  };
  // A finger may mean to scroll the page: the line follows it when it moves sideways, or was only a tap.
  let from = null;
  let isHeld = false;
  box.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || isForPicture(event)) return;
    event.preventDefault(); // no selecting, no dragging of the picture
    handle.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    isHeld = true;
    from = event.pointerType === 'touch' ? event.clientX : null;
    if (from === null) follow(event);
  });
  box.addEventListener('pointermove', (event) => {
    if (!isHeld) return;
    if (from !== null && Math.abs(event.clientX - from) < SIDEWAYS) return;
    from = null;
    follow(event);
  });
  box.addEventListener('pointerup', (event) => {
    if (isHeld) follow(event);
    isHeld = false;
  });
  box.addEventListener('pointercancel', () => (isHeld = false));
  handle.addEventListener('keydown', (event) => {
    const step = KEYS[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(at + step * (event.shiftKey ? 10 : 1));
  });
  zoom(box, () => at / 100);
  return box;
}
