'use strict';
// Changes each condition of test/guards.tsv to true, to false and by one, in a copy, and runs the tests of its row. A mutant
// that passes them all fails the script, and so does one that does not compile.
//   node scripts/mutate.js [--only TEXT]... [--jobs N] [--table FILE]
//   node scripts/mutate.js --update    writes the line numbers of conditions that have moved
const { writeFileSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { parseArgs } = require('node:util');
const { LIST, placeOf, problemsOf, readGuards, updateLines } = require('./mutate/guards');
const { mutantsOf } = require('./mutate/mutants');
const { WorkCopy } = require('./mutate/workCopy');

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [''] },
      jobs: { type: 'string', default: String(Math.ceil(availableParallelism() / 2)) },
      table: { type: 'string' },
      update: { type: 'boolean', default: false },
    },
  });
  if (values.update) console.log(`${updateLines()} moved`);
  const guards = selected(values.only);
  if (guards.length === 0) throw new Error(`no row of ${LIST} contains ${values.only.join(' or ')}`);
  const problems = guards.flatMap(problemsOf);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  if (values.update) return;
  if (!/^[1-9]\d*$/.test(values.jobs)) throw new Error('--jobs must be a number from 1');

  const started = performance.now();
  const results = await mutateAll(guards, Number(values.jobs));
  const count = (kind) => results.filter((one) => one.kind === kind).length;
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(
    `\n${results.length} mutants of ${guards.length} guards: ${count('killed')} killed, ${count('SURVIVED')} survived, ` +
      `${count('equivalent')} equivalent, ${minutes} minutes`,
  );
  if (values.table !== undefined) writeFileSync(values.table, tableOf(results));
  process.exitCode = count('SURVIVED') + count('INVALID') > 0 ? 1 : 0;
}

/** Rows whose place, condition or tests contain one of the texts. */
function selected(texts) {
  const textOf = (guard) => [placeOf(guard), guard.condition, ...guard.tests].join('\t');
  return readGuards().filter((guard) => texts.some((text) => textOf(guard).includes(text)));
}

/** Every mutant of the guards with what became of it, in the order of the list. */
async function mutateAll(guards, jobs) {
  const copies = Array.from({ length: jobs }, () => new WorkCopy());
  process.on('exit', () => copies.forEach((copy) => copy.close()));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
  await Promise.all(copies.map((copy) => copy.build()));

  const limits = new Map();
  const testsOf = ({ tests, grep }) => [...tests, grep].join('\t');
  await share(copies, [...new Map(guards.map((guard) => [testsOf(guard), guard])).values()], async (copy, guard) => {
    const { ms, passed, killedBy } = await copy.test(guard);
    const names = [...guard.tests, guard.grep].join(' ').trim();
    if (killedBy !== null) throw new Error(`Without a mutant, ${names} fails with ${killedBy}`);
    if (passed === 0) throw new Error(`No test ran: ${names}`);
    limits.set(testsOf(guard), 4 * ms + 30_000);
  });

  const mutants = guards.flatMap((guard) => mutantsOf(guard.condition).map((mutant) => ({ guard, mutant })));
  return share(copies, mutants, async (copy, { guard, mutant }) => {
    const result = { guard, mutant, ...(await resultOf(copy, guard, mutant, limits.get(testsOf(guard)))) };
    console.log(`${result.kind.padEnd(10)} ${placeOf(guard)}  ${guard.condition}  →  ${mutant}  (${result.why})`);
    return result;
  });
}

async function resultOf(copy, guard, mutant, limitMs) {
  if (guard.equivalent.has(mutant)) return { kind: 'equivalent', why: guard.equivalent.get(mutant) };
  const { passed, killedBy, invalid } = await copy.test(guard, mutant, limitMs);
  if (invalid !== undefined) return { kind: 'INVALID', why: `it does not compile: ${invalid.split('\n')[0]}` };
  if (killedBy === null) return { kind: 'SURVIVED', why: `${passed} tests pass` };
  return { kind: 'killed', why: killedBy };
}

/** Each item is worked on by the next free copy. Returns the results in the order of the items. */
async function share(copies, items, work) {
  const results = [];
  const queue = items.entries();
  await Promise.all(
    copies.map(async (copy) => {
      for (const [index, item] of queue) results[index] = await work(copy, item);
    }),
  );
  return results;
}

/** One row per guard. */
function tableOf(results) {
  const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;
  const rows = [...new Set(results.map(({ guard }) => guard))].map((guard) => {
    const own = results.filter((result) => result.guard === guard);
    const count = (kind) => own.filter((result) => result.kind === kind).length;
    const others = own.filter(({ kind }) => kind !== 'killed');
    const why = others.map(({ mutant, kind, why: reason }) => `${code(mutant)} ${kind}: ${reason}`).join('; ');
    return `| ${placeOf(guard)} | ${code(guard.condition)} | ${count('killed')} of ${own.length} | ${why.replaceAll('|', '\\|')} |\n`;
  });
  return `| Guard | Condition | Mutants killed | Others |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
