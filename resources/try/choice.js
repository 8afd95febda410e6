import { element } from '../compare/dom.js';
import { megabytes, time, words } from './words.js';

/** The table of tries: one of them is chosen. Calls `onChoice` with its index. */
export function triesTable({ kind, source, tries }, chosen, onChoice) {
  const isImage = kind === 'image';
  const columns = Object.entries({ ...words.columns, ...(isImage && words.columnsImage) }).filter(
    ([name]) => !isImage || !['each', 'bytes'].includes(name),
  );
  const cells = {
    name: (one, index) => element('td', {}, radio(one, index, index === chosen, onChoice)),
    title: ({ title }) => element('td', {}, title),
    size: ({ width, height }) => cellOf(words.size(width, height, width / source.width)),
    each: ({ seconds }) => cellOf(time(seconds)),
    total: ({ total }) => cellOf(total === null ? '–' : time(total)),
    bytes: ({ bytes }) => cellOf(bytes === null ? '–' : megabytes(bytes)),
    added: ({ added }) => cellOf(words.added(added)),
  };
  const head = element('tr', {}, ...columns.map(([, text]) => element('th', { scope: 'col' }, text)));
  const rows = tries.map((one, index) => element('tr', {}, ...columns.map(([name]) => cells[name](one, index))));
  const table = element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows));
  return element('div', { className: 'tries' }, table);
}

const cellOf = (text) => element('td', { className: 'number' }, text);

function radio({ name, steps }, index, isChosen, onChoice) {
  const input = element('input', { type: 'radio', name: 'try', checked: isChosen });
  input.addEventListener('change', () => onChoice(index));
  const shown = name.includes('·') ? name : `${name} · ${words.steps(steps)}`;
  return element(
    'label',
    {},
    input,
    shown.replace(/· (\d+)$/, (_, count) => `· ${words.steps(Number(count))}`),
  );
}

/** The command that restores all of it, with a button that copies it. */
export function commandLine(command) {
  const button = element('button', { type: 'button' }, words.copy);
  const code = element('code', { tabIndex: 0 }, command);
  button.addEventListener('click', () => {
    copyText(code, command).then(
      () => (button.textContent = words.copied),
      () => {}, // the text is selected: the keyboard copies it
    );
  });
  return element('div', { className: 'command' }, code, button);
}

/** Pages from the file system may not use the clipboard in every browser: then the text is selected. */
async function copyText(code, text) {
  getSelection().selectAllChildren(code);
  await navigator.clipboard.writeText(text);
}

/** A labelled list. `options`: value and text of each. */
export function list(label, options, value, onChange) {
  const select = element('select', {}, ...options.map(([key, text]) => element('option', { value: key }, text)));
  select.value = value;
  select.addEventListener('change', () => onChange(select.value));
  return element('label', {}, label, select);
}

/** A labelled bar from 0 to 1. */
export function bar(label, value, onChange) {
  const output = element('output', {}, String(value));
  const input = element('input', { type: 'range', min: 0, max: 1, step: 0.05, value });
  input.addEventListener('input', () => {
    output.value = input.value;
    onChange(Number(input.value));
  });
  return element('label', {}, label, input, output);
}

/** How much the chosen model has added, in words. */
export const addedText = ({ name, added }, strength) => words.addedMeans(name, added, strength);
