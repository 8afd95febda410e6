// The page: one section for each pair that pairs.json lists (README.md tells its form).
import { element } from './element.js';
import { player } from './player.js';
import { split } from './split.js';

const main = document.querySelector('main');
main.append(...(await content()));
main.removeAttribute('aria-busy');

async function content() {
  let pairs;
  try {
    const answer = await fetch('pairs.json');
    if (answer.status === 404)
      return [
        message('Nothing to compare yet. In the repository, npm start restores a sample clip and shows it here.'),
      ];
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    ({ pairs } = await answer.json());
  } catch (error) {
    return [message(`The list of pictures cannot be read: ${error.message}. Reload the page to try again.`)];
  }
  return pairs.map(sectionOf);
}

function message(words) {
  return element('p', { className: 'message' }, words);
}

function sectionOf(pair) {
  const { title, text, before, after, width } = pair;
  const figures = [];
  if (before.image && after.image) figures.push(figureOf('One frame', imagesOf(pair)));
  if (before.video && after.video) figures.push(figureOf('In motion', player(pair)));
  const section = element('section', {}, element('h2', {}, title), text ? element('p', {}, text) : '', ...figures);
  // Never larger than the restored picture: enlarging it again would compare the browser's work.
  section.style.setProperty('--width', `${width}px`);
  document.documentElement.style.setProperty('--width', `${width}px`);
  return section;
}

function figureOf(caption, shown) {
  return element('figure', {}, element('figcaption', {}, caption), shown);
}

function imagesOf(pair) {
  const { before, after } = pair;
  const picture = ({ image, label }) => element('img', { src: image, alt: label, draggable: false });
  return split(pair, picture(before), picture(after));
}
