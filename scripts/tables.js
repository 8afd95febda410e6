'use strict';
// Writes the tables of the docs that are made from the code: what happens to the properties of a source, and all settings.
//   node scripts/tables.js
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { optionName } = require('../dist/src/settings/commandWords.js');
const { LOSSES } = require('../dist/src/pipeline/media/whatIsLost.js');
const { allowedWords } = require('../dist/src/settings/checkRows.js');
const { ASSEMBLE_ROWS, FRAMES_ROWS, IMAGE_ROWS, LIVE_ROWS } = require('../dist/src/settings/table.js');
const { BATCH_ROWS } = require('../dist/src/settings/batchJob.js');
const { RESTORE_ROWS } = require('../dist/src/settings/videoRows.js');

const BEGIN = '<!-- written by scripts/tables.js -->';
const END = '<!-- end of the table -->';

const SAID = { warned: 'a warning', refused: 'refused before the first frame' };
const losses = () => [
  '| Of the source | In the result | Where it differs |',
  '| --- | --- | --- |',
  ...LOSSES.map(({ what, outcome, verdict }) => `| ${what} | ${outcome} | ${SAID[verdict]} |`),
];

/** The functions of the library, and the settings of each. */
const JOBS = [
  ['restore', RESTORE_ROWS],
  ['upscaleImage', IMAGE_ROWS],
  ['extractFrames', FRAMES_ROWS],
  ['makeVideo', ASSEMBLE_ROWS],
  ['live', LIVE_ROWS],
  ['restoreBatch', BATCH_ROWS], // besides those of `restore`
];

function settings() {
  const found = new Map();
  for (const [job, rows] of JOBS)
    for (const [name, row] of Object.entries(rows)) found.set(row, [name, [...(found.get(row)?.[1] ?? []), job]]);
  return [
    '| setting | command line | values | default | what it does | of |',
    '| --- | --- | --- | --- | --- | --- |',
    ...[...found].map(([row, [name, jobs]]) => {
      const who = jobs.length === JOBS.length - 1 ? 'all' : jobs.map((job) => `\`${job}\``).join(', ');
      return `| \`${name}\` | ${options(name, row)} | ${values(row)} | ${initial(row)} | ${row.text} | ${who} |`;
    }),
  ];
}

function options(name, row) {
  if (row.kind === 'group')
    return Object.entries(row.rows)
      .map(([inner, one]) => options(inner, one))
      .filter((text) => text !== '')
      .join(', ');
  if (!row.option) return '';
  return `\`--${row.kind === 'switch' && row.default ? 'no-' : ''}${optionName(name, row)}\``;
}

function values(row) {
  if (row.kind === 'group') return Object.keys(row.rows).map((name) => `\`${name}\``).join(', '); // prettier-ignore
  if (row.kind === 'choice') return row.values.map((value) => `\`${value}\``).join(', ');
  return allowedWords(row);
}

const initial = (row) =>
  row.default === undefined ? 'required' : row.default === null ? row.unset : `\`${row.default}\``;

function write(page, table) {
  const path = join(__dirname, '..', 'docs', page);
  const [before, rest] = readFileSync(path, 'utf8').split(BEGIN);
  writeFileSync(path, `${before}${BEGIN}\n\n${table.join('\n')}\n\n${END}${rest.split(END)[1]}`);
}

module.exports = { settings };
if (require.main === module) {
  write('losses.md', losses());
  write('settings.md', settings());
}
