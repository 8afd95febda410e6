// The page: one section for each pair in pairs.json (format: README.md).
import { addedView } from './addedView.js';
import { element } from './dom.js';
import { livePair } from './livePair.js';
import { player } from './player.js';
import { slider } from './slider.js';
import { inLanguage, language, strings } from './strings.js';

/** Minimum width of text, in pixels. */
const MIN_TEXT_WIDTH = 480;

document.documentElement.lang = language;
for (const node of document.querySelectorAll('[data-string]')) node.textContent = strings[node.dataset.string];
const main = document.querySelector('main');
main.append(...(await content()));
main.removeAttribute('aria-busy');

async function content() {
  let pairs;
  try {
    const response = await fetch('pairs.json');
    if (response.status === 404) return [message(strings.noPairs)];
    if (!response.ok) throw new Error(strings.httpStatus(response.status));
    ({ pairs } = await response.json());
  } catch (error) {
    return [message(strings.unreadable(error.message))];
  }
  return pairs.map(sectionOf);
}

function message(text) {
  return element('p', { className: 'message' }, text);
}

function sectionOf(pair) {
  const { title, text, before, after, width } = pair;
  const figures = [];
  if (before.image && after.image) figures.push(figureOf(strings.still, imagesOf(pair)));
  if (before.video && after.video) figures.push(figureOf(strings.motion, player(pair)));
  if (pair.added && after.image) figures.push(figureOf(strings.added, addedView(pair)));
  if (pair.live)
    figures.push(
      figureOf(
        strings.live,
        livePair(pair, (wide) => fit(section, wide)),
      ),
    );
  const heading = element('h2', {}, inLanguage(title));
  const section = element('section', {}, heading, text ? element('p', {}, inLanguage(text)) : '', ...figures);
  if (width !== undefined) fit(section, width);
  return section;
}

/** Never wider than the restored frame: more would show the browser's own upscaling. */
function fit(section, width) {
  section.style.setProperty('--media-width', `${width}px`);
  for (const { style } of [section, document.documentElement])
    style.setProperty('--width', `${Math.max(MIN_TEXT_WIDTH, width)}px`);
}

function figureOf(caption, media) {
  return element('figure', {}, element('figcaption', {}, caption), media);
}

function imagesOf(pair) {
  const { before, after } = pair;
  const imageOf = ({ image, label }) => element('img', { src: image, alt: inLanguage(label), draggable: false });
  return slider(pair, imageOf(before), imageOf(after));
}
