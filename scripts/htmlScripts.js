'use strict';
// oxlint does not read the scripts inside .html files: they are copied to a folder, with the line numbers they have there.
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { root } = require('./setup');

/** Writes `<folder>/<file>.html.js` for every HTML file below `place` that contains scripts. */
function extractScripts(place, folder) {
  const names = readdirSync(join(root, place), { recursive: true });
  for (const name of names.filter((one) => one.endsWith('.html'))) {
    const html = readFileSync(join(root, place, name), 'utf8');
    const script = /(?<=<script(?: type="text\/javascript")?>)[\s\S]*?(?=<\/script>)/g;
    const pieces = [...html.matchAll(script)];
    if (pieces.length === 0) continue;
    const copy = join(folder, place, `${name}.js`);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(
      copy,
      pieces.reduce((text, { 0: code, index }) => text + padding(html, text.length, index) + code, ''),
    );
  }
}

/** Spaces and line breaks in place of the HTML from `start` to `end`. */
function padding(html, start, end) {
  return html.slice(start, end).replace(/[^\n]/g, ' ');
}

module.exports = { extractScripts };
