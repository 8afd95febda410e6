'use strict';
// Refuses words that readers stumble over, in comments, strings and prose. Identifiers, paths and `code` do not count.
// Usage: node scripts/wordList.js [--warnings] [file or folder ...]
const { readdirSync, readFileSync, statSync } = require('node:fs');
const { basename, extname, join, relative, resolve } = require('node:path');
const { proseOf } = require('./prose');
const { root } = require('./setup');

const PLACES = ['src', 'nodes', 'resources', 'docs', 'scripts', 'test', 'bench', 'README.md'];
/** They quote the words. */
const EXEMPT = ['scripts/wordList.js', 'test/scripts/wordList.test.ts'];
/** On the line, or on the line before it, with a reason. */
const ALLOWED_HERE = /word-list-allow: \S/;

const REFUSED = [
  ['whoever', 'name the subject: the user, the caller, the client'],
  ['nobody', 'name the subject, or "no one"'],
  ['somebody', 'name the subject: the user, a caller, a viewer'],
  ['what is', 'name the thing'],
  ['is told', '"receives", "is given", "is notified"'],
  ['looked at', '"read", "checked", "probed", "viewed"'],
  ['made anew', '"created again", "reconnected"'],
  ['by itself', '"automatically", "on its own"'],
  ['by themselves', '"automatically", "on their own"'],
  ['as it is', '"unchanged"'],
  ['means nothing', '"does not apply", "has no effect"'],
  ['who has', 'name the subject: "if you have"'],
  ['answers with', '"returns"'],
  ['(?<!silent |mm )films?(?! (?:grain|stock|scan|scanners?|transfers?)\\b)', 'video; film is only the material'],
  ['holes?', 'mask, masked area'],
];
/** Only counted: attached pictures of a container are called so. */
const WARNED = [['pictures?', 'frame (of a video) or image (a still file)']];

/** Every refused or warned word below these places, as { place, word, hint, isWarning }. */
function findWords(places) {
  return places.flatMap((place) => filesIn(resolve(root, place))).flatMap(wordsOfFile);
}

function wordsOfFile(file) {
  const name = relative(root, file);
  if (EXEMPT.includes(name)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  const prose = proseOf(file, lines.join('\n'));
  const found = [
    ...wordsOfProse(prose, REFUSED).map((one) => ({ ...one, isWarning: false })),
    ...wordsOfProse(prose, WARNED).map((one) => ({ ...one, isWarning: true })),
  ];
  return found
    .filter(({ line }) => ![lines[line - 1], lines[line - 2]].some((text) => ALLOWED_HERE.test(text ?? '')))
    .map(({ line, ...rest }) => ({ place: `${name}:${line}`, ...rest }));
}

function wordsOfProse(prose, words) {
  return words.flatMap(([word, hint]) => {
    // A phrase may be broken over two lines of a comment.
    const phrase = word.replace(/ (?![^(]*\))/g, '\\s+(?:(?://|\\*)\\s*)?');
    const pattern = new RegExp(`(?<![\\w$./-])(?:${phrase})(?![\\w$/=(]|\\.\\w)`, 'gi');
    return [...prose.matchAll(pattern)].map((match) => ({
      line: prose.slice(0, match.index).split('\n').length,
      word: match[0].replace(/\s+(?:(?:\/\/|\*)\s*)?/g, ' '),
      hint,
    }));
  });
}

function filesIn(path) {
  if (!statSync(path).isDirectory()) return isWritten(path) ? [path] : [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'golden') return [];
    const child = join(path, entry.name);
    return entry.isDirectory() ? filesIn(child) : isWritten(child) ? [child] : [];
  });
}

/** English texts that people wrote: of the catalogues, those of en-US. */
function isWritten(file) {
  const isCatalogue = /\/locales\/(?!en-US\/)/.test(file.replaceAll('\\', '/'));
  if (isCatalogue) return false;
  if (extname(file) === '.json') return /\/locales\/en-US\//.test(file.replaceAll('\\', '/'));
  return ['.ts', '.js', '.html', '.css', '.md'].includes(extname(file)) && !basename(file).endsWith('.min.js');
}

function checkWords(places = PLACES, { areWarningsShown = false } = {}) {
  const found = findWords(places);
  const refused = found.filter(({ isWarning }) => !isWarning);
  for (const { place, word, hint } of areWarningsShown ? found : refused) console.log(`${place}: ${word} → ${hint}`);
  const warnings = found.length - refused.length;
  if (warnings > 0) console.log(`word list: ${warnings} times "picture" (not an error; --warnings lists them)`);
  if (refused.length === 0) return;
  console.error(`word list: ${refused.length} words to replace`);
  process.exit(1);
}

module.exports = { checkWords };
if (require.main === module) {
  const args = process.argv.slice(2);
  const places = args.filter((one) => one !== '--warnings');
  checkWords(places.length > 0 ? places : undefined, { areWarningsShown: args.includes('--warnings') });
}
