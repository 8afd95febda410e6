import { element } from './dom.js';
import { slider } from './slider.js';
import { inLanguage, strings } from './strings.js';

/** The result beside a map of what the model has added to the plain enlargement, and figures, as soon as they are there. */
export function addedView(pair) {
  const { after, added } = pair;
  const imageOf = (alt) => element('img', { alt, draggable: false });
  const result = imageOf(inLanguage(after.label));
  result.src = after.image;
  const map = imageOf(strings.addedMap);
  const text = element('p', { className: 'added' }, strings.addedWaiting);
  void load(added.url).then(
    (found) => {
      map.src = found.map;
      text.textContent = `${strings.addedBy(found, added.strength)} ${strings.addedColours}`;
    },
    (error) => (text.textContent = strings.addedUnknown(error.message)),
  );
  return element('div', {}, slider({ ...pair, before: after, after: { label: strings.addedMap } }, result, map), text);
}

async function load(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(strings.httpStatus(response.status));
  return response.json();
}
