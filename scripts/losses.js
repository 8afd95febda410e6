'use strict';
// Writes the table of properties that are kept, warned about or refused into docs/losses.md, from the built whatIsLost.
//   node scripts/losses.js
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { LOSSES } = require('../dist/src/pipeline/media/whatIsLost.js');

const PAGE = join(__dirname, '..', 'docs', 'losses.md');
const BEGIN = '<!-- written by scripts/losses.js -->';
const END = '<!-- end of the table -->';

const SAID = { warned: 'a warning', refused: 'refused before the first frame' };
const table = [
  '| Of the source | In the result | Where it differs |',
  '| --- | --- | --- |',
  ...LOSSES.map(({ what, outcome, verdict }) => `| ${what} | ${outcome} | ${SAID[verdict]} |`),
];

const page = readFileSync(PAGE, 'utf8');
const [before, rest] = page.split(BEGIN);
const after = rest.split(END)[1];
writeFileSync(PAGE, `${before}${BEGIN}\n\n${table.join('\n')}\n\n${END}${after}`);
