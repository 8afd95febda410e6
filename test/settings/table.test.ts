import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { optionsOf, parseCommandLine } from '../../src/cli/options';
import { settingsOf } from '../../src/cli/jobs';
import { RemasterError } from '../../src/errors';
import { createEngine, extractFrames, makeVideo, restore, upscaleImage } from '../../src/index';
import { BATCH_ROWS } from '../../src/settings/batchJob';
import { badSetting, checkRows, checkValue, defaultsOf } from '../../src/settings/checkRows';
import { checkLiveJob } from '../../src/settings/liveJob';
import { INPUTS, SOURCE_ROWS, TARGETS } from '../../src/settings/liveRows';
import type { Row, Rows } from '../../src/settings/row';
import { ASSEMBLE_ROWS, FRAMES_ROWS, IMAGE_ROWS, LIVE_ROWS } from '../../src/settings/table';
import { RESTORE_ROWS } from '../../src/settings/videoRows';
import { dialogValue } from '../../nodes/message/dialogValues';
import { planOf } from '../../nodes/message/plan';
import { root } from '../support/root';

const TABLES: Readonly<Record<string, Rows>> = {
  ...{ restore: RESTORE_ROWS, image: IMAGE_ROWS, frames: FRAMES_ROWS, assemble: ASSEMBLE_ROWS, live: LIVE_ROWS },
  batch: BATCH_ROWS,
  ...{ camera: SOURCE_ROWS, ...INPUTS, ...TARGETS },
};
const rowsOf = (rows: Rows): [string, Row][] =>
  Object.entries(rows).flatMap(([name, row]): [string, Row][] =>
    row.kind === 'group' ? [[name, row], ...rowsOf(row.rows as Rows)] : [[name, row]],
  );
const ROWS = Object.values(TABLES).flatMap(rowsOf);

/** Runs `act`, which may throw one of these codes and nothing else. Returns whether it did. */
function refuses(act: () => unknown, ...codes: readonly string[]): boolean {
  try {
    act();
    return false;
  } catch (error) {
    assert.ok(error instanceof RemasterError, String((error as Error).stack));
    assert.ok(codes.includes(error.code), error.code);
    return true;
  }
}

describe('the table of settings', () => {
  it('has defaults that it accepts itself', () => {
    for (const rows of Object.values(TABLES)) {
      const optional = Object.fromEntries(Object.entries(rows).filter(([, row]) => row.default !== undefined));
      assert.deepEqual(checkRows(optional, {}), defaultsOf(rows));
    }
  });

  it('says in words what each setting does, and what null means', () => {
    for (const [name, row] of ROWS) {
      assert.notEqual(row.text, '', name);
      if (row.default === null) assert.ok(row.unset, `${name}: what null means`);
      if (row.kind === 'switch' && row.default && row.option) assert.ok(row.option.off, `${name}: its negation`);
    }
  });

  it('is the table in docs/settings.md', () => {
    // oxlint-disable-next-line typescript/no-require-imports -- a script without types
    const { settings } = require(join(root, 'scripts', 'tables.js')) as { settings: () => string[] };
    const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());
    const page = readFileSync(join(root, 'docs', 'settings.md'), 'utf8').split('\n');
    const rows = page.filter((line) => line.startsWith('| `')).map(cells);
    assert.deepEqual(rows, settings().slice(2).map(cells), 'run: node scripts/tables.js');
  });

  it('accepts or refuses any value of any setting, with no other error', () => {
    for (const [name, row] of ROWS)
      fc.assert(
        fc.property(fc.anything({ withDate: true, withBigInt: true, withTypedArray: true }), (value) => {
          refuses(() => checkValue(row, value, name, badSetting), 'BAD_SETTING');
        }),
        { numRuns: 50 },
      );
  });

  it('accepts or refuses any text of any field of a dialog', () => {
    const numbers = fc.double().map(String);
    const texts = fc.oneof(fc.string(), numbers, fc.integer().map(String), fc.anything());
    for (const [name, row] of ROWS)
      fc.assert(
        fc.property(texts, (value) => void refuses(() => dialogValue(row, value, name), 'BAD_SETTING')),
        { numRuns: 50 },
      );
  });

  it('accepts or refuses any text of any option', () => {
    for (const rows of [RESTORE_ROWS, IMAGE_ROWS] as Rows[])
      for (const { name, row } of optionsOf(rows))
        fc.assert(
          fc.property(fc.oneof(fc.string(), fc.double().map(String)), (text) => {
            const args = row.kind === 'switch' ? [`--${name}`] : [`--${name}=${text}`];
            refuses(() => settingsOf(rows, parseCommandLine(args).values), 'BAD_SETTING');
          }),
          { numRuns: 50 },
        );
  });

  it('accepts or refuses any plan of a message', () => {
    const stage = { node: 'u', op: 'upscale', model: 'x4' };
    const info = { width: 2, height: 2, fps: 25, frames: 1, duration: 1, interlaced: false, audio: false };
    const source = { node: 'i', label: 'a.mp4', path: '/a.mp4', info };
    const plan = { version: 1, id: 'p', kind: 'file', source, stages: [stage] };
    assert.equal(planOf({ video: plan }).stages[0]!.tileCache, 0);
    const change = (object: object, name: string, value: unknown): object => ({ ...object, [name]: value });
    const names = Object.keys(RESTORE_ROWS);
    fc.assert(
      fc.property(fc.constantFrom(...names, 'node', 'op', 'label', 'info'), fc.anything(), (name, value) => {
        const changed = { ...plan, source: change(source, name, value), stages: [change(stage, name, value)] };
        refuses(() => planOf({ video: changed }), 'PLAN_INVALID');
        refuses(() => planOf({ video: change(plan, name, value) }), 'PLAN_INVALID');
        refuses(() => planOf({ video: value }), 'PLAN_INVALID', 'NO_PLAN');
      }),
      { numRuns: 500 },
    );
  });

  it('accepts or refuses any camera', () => {
    const job = { source: { label: 'x', input: { kind: 'pattern' } }, target: { kind: 'pictures' } };
    assert.equal(checkLiveJob(job).source.stall, 5);
    fc.assert(
      fc.property(
        fc.constantFrom('source', 'target', 'input', ...Object.keys({ ...LIVE_ROWS, ...SOURCE_ROWS })),
        fc.oneof(
          fc.anything(),
          fc.record({ kind: fc.constantFrom(...Object.keys({ ...INPUTS, ...TARGETS })) }),
          fc.record({ kind: fc.constant('address'), address: fc.webUrl() }),
        ),
        (name, value) => {
          refuses(() => checkLiveJob({ ...job, [name]: value }), 'BAD_SETTING');
          refuses(() => checkLiveJob({ ...job, source: { ...job.source, [name]: value } }), 'BAD_SETTING');
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the functions of the library', () => {
  const engine = createEngine();
  after(() => engine.close());

  const rejects = async (act: () => Promise<unknown>): Promise<void> => {
    await assert.rejects(act, (error) => {
      assert.ok(error instanceof RemasterError, String((error as Error).stack));
      assert.notEqual(error.code, 'INTERNAL');
      return true;
    });
  };
  const badValue = (row: Row, name: string) =>
    fc.anything().filter((value) => {
      if (value === undefined) return false;
      return refuses(() => checkValue(row, value, name, badSetting), 'BAD_SETTING');
    });
  const calls: readonly (readonly [Rows, (options: never) => Promise<unknown>])[] = [
    [RESTORE_ROWS, (options: object) => restore({ input: 'no.mp4', output: 'no.mkv', ...options }, { engine })],
    [IMAGE_ROWS, (options: object) => upscaleImage(Buffer.from('x'), options, { engine })],
    [FRAMES_ROWS, (options: object) => extractFrames({ input: 'no.mp4', ...options }, { engine }).next()],
    [ASSEMBLE_ROWS, (options: object) => makeVideo(noImages(), { output: 'no.mkv', ...options }, { engine })],
    [LIVE_ROWS, async (options: object) => engine.live(liveJob(options), {}).ended],
  ];
  async function* noImages(): AsyncGenerator<Uint8Array> {}
  const liveJob = (options: object) =>
    ({ source: { label: 'x', input: { kind: 'pattern' } }, target: { kind: 'pictures' }, ...options }) as never;

  it('refuse every value that a setting cannot have', async () => {
    for (const [rows, call] of calls)
      for (const [name, row] of Object.entries(rows))
        await fc.assert(
          fc.asyncProperty(badValue(row, name), (value) => rejects(() => call({ [name]: value } as never))),
          { numRuns: 5 },
        );
  });

  it('refuse anything instead of options', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (value) => {
        await rejects(() => restore(value as never, { engine }));
        await rejects(() => extractFrames(value as never, { engine }).next());
        await rejects(() => makeVideo(noImages(), value as never, { engine }));
      }),
      { numRuns: 30 },
    );
  });
});
