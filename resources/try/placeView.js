import { element } from '../compare/dom.js';
import { player } from '../compare/player.js';
import { slider } from '../compare/slider.js';
import { words } from './words.js';

/** The plain enlargement, on the left side. */
export const PLAIN = 'plain';

/**
 * One part of the source. `view`: `still`, `video` or `added`; `left`: PLAIN or the index of a try; `right`: the index of
 * a try.
 */
export function placeView({ source, tries }, place, { view, left, right, strength }) {
  const { width, height } = tries[right];
  const pair = { width, height, fps: source.fps ?? undefined };
  const result = tries[right].name;
  const caption = element('figcaption', {}, place.at === null ? words.image : words.place(place.at));
  const shot = place.shots[right];
  if (view === 'added') {
    const sides = { before: { label: result }, after: { label: words.mapLabel } };
    return figure(caption, slider({ ...pair, ...sides }, image(shot.image, result), image(shot.map, words.mapLabel)));
  }
  const other = left === PLAIN ? null : tries[left].name;
  if (view === 'video') {
    const before = { label: other ?? words.source, video: other === null ? place.video : place.shots[left].video };
    return figure(caption, player({ ...pair, before, after: { label: result, video: shot.video } }));
  }
  const label = other ?? words.plain;
  const first = image(other === null ? shot.plain : place.shots[left].image, label);
  const stack = element('div', { className: 'stack' }, image(shot.plain, ''), image(shot.image, result));
  stack.style.setProperty('--strength', strength);
  return figure(caption, slider({ ...pair, before: { label }, after: { label: result } }, first, stack));
}

const figure = (...children) => element('figure', {}, ...children);
const image = (src, alt) => element('img', { src, alt, draggable: false });
