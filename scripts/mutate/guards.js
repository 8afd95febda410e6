'use strict';
// test/guards.tsv: conditions that protect the user's work, each with the tests that must fail without it. Its columns:
//   file, line   where it stands
//   condition    exact text in that line: a complete operand, or the numbers of a bound, such as `1, 100_000`
//   tests        test files, separated by spaces
//   grep         only the tests whose name contains this; empty: all
//   equivalent   mutants that change nothing a test could see, as `mutant: reason`, separated by `; `
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { root } = require('../setup');
const { mutantsOf } = require('./mutants');

const LIST = 'test/guards.tsv';
const COLUMNS = ['file', 'line', 'condition', 'tests', 'grep', 'equivalent'];

/** Every row of the list. `equivalent`: reasons by mutant. */
function readGuards() {
  const [header, ...rows] = readFileSync(join(root, LIST), 'utf8').trimEnd().split('\n');
  if (header !== COLUMNS.join('\t')) throw new Error(`${LIST} must begin with the columns ${COLUMNS.join(', ')}`);
  return rows.map((row) => {
    const [file, line, condition = '', tests = '', grep = '', equivalent = ''] = row.split('\t');
    return {
      ...{ file, line: Number(line), condition, grep },
      tests: tests.split(' ').filter(Boolean),
      equivalent: reasons(equivalent, condition),
    };
  });
}

/** `a > 1: never less; true: why` → a map. A text that names no mutant is its own key, without a reason. */
function reasons(text, condition) {
  const entries = text.split('; ').filter(Boolean);
  return new Map(
    entries.map((entry) => {
      const mutant = mutantsOf(condition).find((one) => entry.startsWith(`${one}: `));
      return mutant === undefined ? [entry, ''] : [mutant, entry.slice(mutant.length + 2)];
    }),
  );
}

const placeOf = ({ file, line }) => `${file}:${line}`;

/** Why the row cannot be used, as sentences. */
function problemsOf(guard) {
  if (!existsSync(join(root, guard.file))) return [`${placeOf(guard)} does not exist.`];
  const problems = guard.tests
    .filter((test) => !/^test\/.*\.test\.ts$/.test(test) || !existsSync(join(root, test)))
    .map((test) => `${placeOf(guard)} names the test ${test}, which does not exist.`);
  if (guard.tests.length === 0) problems.push(`${placeOf(guard)} names no test.`);
  for (const [mutant, reason] of guard.equivalent)
    if (reason === '') problems.push(`${placeOf(guard)}: “${mutant}” is not a mutant and a reason.`);
  if (mutantsOf(guard.condition).length === 0) problems.push(`${placeOf(guard)} has no condition.`);
  const lines = linesOf(guard);
  return lines.includes(guard.line) ? problems : [...problems, displaced(guard, lines)];
}

function displaced(guard, lines) {
  const says = `${placeOf(guard)}: “${guard.condition}” does not stand once in this line`;
  if (lines.length === 0) return `${says}, nor in any other: write today's condition, or delete the row.`;
  if (lines.length === 1) return `${says} but in line ${lines[0]}: run node scripts/mutate.js --update.`;
  return `${says} but in the lines ${lines.join(', ')}: write the right one into ${LIST}.`;
}

/** Numbers of the lines in which the condition stands exactly once. */
function linesOf({ file, condition }) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.flatMap((line, index) => (placesIn(line, condition).length === 1 ? [index + 1] : []));
}

/** Where the condition begins in the line; `a > 1` is not in `aa > 1` nor in `a > 10`. */
function placesIn(line, condition) {
  const [before, after] = [/^[\w$]/, /[\w$]$/].map((edge) => edge.test(condition));
  const text = condition.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const pattern = new RegExp(`${before ? '(?<![\\w$.])' : ''}${text}${after ? '(?![\\w$])' : ''}`, 'g');
  return [...line.matchAll(pattern)].map(({ index }) => index);
}

/** The text of a file with the condition of the guard replaced. */
function replaced(text, guard, mutant) {
  const lines = text.split('\n');
  const line = lines[guard.line - 1];
  const [from] = placesIn(line, guard.condition);
  return lines
    .with(guard.line - 1, line.slice(0, from) + mutant + line.slice(from + guard.condition.length))
    .join('\n');
}

/** Writes today's line of each condition that stands in exactly one other line. Returns how many have moved. */
function updateLines() {
  const [header, ...rows] = readFileSync(join(root, LIST), 'utf8').trimEnd().split('\n');
  let moved = 0;
  const updated = readGuards().map((guard, index) => {
    const lines = existsSync(join(root, guard.file)) ? linesOf(guard) : [];
    if (lines.includes(guard.line) || lines.length !== 1) return rows[index];
    moved++;
    return rows[index].split('\t').with(1, lines[0]).join('\t');
  });
  if (moved > 0) writeFileSync(join(root, LIST), `${[header, ...updated].join('\n')}\n`);
  return moved;
}

module.exports = { LIST, placeOf, problemsOf, readGuards, replaced, updateLines };
