// The page: one section for each pair that pairs.json lists (README.md tells its form).
import { element } from './dom.js';
import { live } from './livePair.js';
import { player } from './player.js';
import { split } from './slider.js';
import { inLanguage, language, words } from './strings.js';

/** Least width of the words, in pixels. */
const READABLE = 480;

document.documentElement.lang = language;
for (const one of document.querySelectorAll('[data-words]')) one.textContent = words[one.dataset.words];
const main = document.querySelector('main');
main.append(...(await content()));
main.removeAttribute('aria-busy');

async function content() {
  let pairs;
  try {
    const answer = await fetch('pairs.json');
    if (answer.status === 404) return [message(words.nothing)];
    if (!answer.ok) throw new Error(words.answers(answer.status));
    ({ pairs } = await answer.json());
  } catch (error) {
    return [message(words.unreadable(error.message))];
  }
  return pairs.map(sectionOf);
}

function message(text) {
  return element('p', { className: 'message' }, text);
}

function sectionOf(pair) {
  const { title, text, before, after, width } = pair;
  const figures = [];
  if (before.image && after.image) figures.push(figureOf(words.still, imagesOf(pair)));
  if (before.video && after.video) figures.push(figureOf(words.motion, player(pair)));
  if (pair.live)
    figures.push(
      figureOf(
        words.live,
        live(pair, (wide) => fit(section, wide)),
      ),
    );
  const heading = element('h2', {}, inLanguage(title));
  const section = element('section', {}, heading, text ? element('p', {}, inLanguage(text)) : '', ...figures);
  if (width !== undefined) fit(section, width);
  return section;
}

/** Never larger than the restored picture: enlarging it again would compare the browser's work. */
function fit(section, width) {
  section.style.setProperty('--picture', `${width}px`);
  for (const { style } of [section, document.documentElement])
    style.setProperty('--width', `${Math.max(READABLE, width)}px`);
}

function figureOf(caption, shown) {
  return element('figure', {}, element('figcaption', {}, caption), shown);
}

function imagesOf(pair) {
  const { before, after } = pair;
  const picture = ({ image, label }) => element('img', { src: image, alt: inLanguage(label), draggable: false });
  return split(pair, picture(before), picture(after));
}
