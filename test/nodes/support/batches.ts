import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeClip } from './clip';
import { inject, model, place, reporter } from './flows';
import type { FlowNode, Runtime } from './nodeRed';

/** A batch of the folder `tapes` of the user directory into `restored`. */
export const batchFlow = (red: Pick<Runtime, 'userDir'>, settings: object = {}): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'batch' },
  model({ model: 'x4-live' }),
  {
    ...{ id: 'batch', type: 'remaster-batch', z: 'tab', name: 'shelf', model: 'model', ...place },
    ...{ videos: join(red.userDir, 'tapes'), out: join(red.userDir, 'restored'), filename: '{name}_x{scale}' },
    ...{ settle: '0.5', wires: [['file'], ['summary']], ...settings },
  },
  inject('go', ['batch']),
  reporter('file'),
  reporter('summary'),
  { id: 'catch', type: 'catch', z: 'tab', scope: ['batch'], wires: [['error']], ...place },
  reporter('error'),
];

interface BatchRow {
  readonly id: string;
  readonly is: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly actions: readonly string[];
  readonly files: readonly { readonly id: number; readonly name: string; readonly is: string }[];
}

/** The batch as the sidebar gets it. */
export const batchRow = async (red: Runtime, search = ''): Promise<BatchRow> => {
  const [row] = (await red.get(`remaster/batches?search=${encodeURIComponent(search)}`)) as BatchRow[];
  return row ?? assert.fail('no batch');
};

export async function order(red: Runtime, body: object, id = 'batch'): Promise<number> {
  const { status } = await fetch(`${red.url}/remaster/batches/${id}`, {
    method: 'POST',
    headers: { ...red.headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return status;
}

/** New tapes: `names` are copies of one clip. */
export async function makeTapes(red: Pick<Runtime, 'userDir'>, names: readonly string[], frames = 4): Promise<void> {
  for (const folder of ['tapes', 'restored']) rmSync(join(red.userDir, folder), { recursive: true, force: true });
  mkdirSync(join(red.userDir, 'tapes', 'sub'), { recursive: true });
  const clip = await makeClip(join(red.userDir, 'tape.mp4'), frames, { width: 32, height: 18 });
  for (const name of names) copyFileSync(clip, join(red.userDir, 'tapes', name));
}

export const payloads = (red: Runtime, name: string): Record<string, unknown>[] =>
  red.reported(name).map(({ payload }) => payload as Record<string, unknown>);

/** A batch restores its files, says so, lists a failure, and skips finished ones the next time. */
export async function assertBatch(red: Runtime): Promise<void> {
  await makeTapes(red, ['a.mp4', 'sub/b.mp4']);
  writeFileSync(join(red.userDir, 'tapes', 'words.mp4'), 'no video');
  await red.deploy(batchFlow(red));
  await red.inject('go', []);
  await red.until(() => red.reported('summary').length > 0, 'the summary', 60_000);
  assert.deepEqual(
    red.reported('file').map(({ topic, filename }) => [topic, filename]),
    [
      ['a.mp4', join(red.userDir, 'restored', 'a_x4.mp4')],
      ['b.mp4', join(red.userDir, 'restored', 'sub', 'b_x4.mp4')],
      ['words.mp4', undefined],
    ],
  );
  const [done, , failed] = payloads(red, 'file');
  assert.deepEqual([done!['status'], done!['framesOut'], done!['model']], ['done', 4, 'x4-live']);
  assert.deepEqual([failed!['status'], (failed!['error'] as { code: string }).code], ['failed', 'SOURCE_UNREADABLE']);
  assert.deepEqual(payloads(red, 'summary'), [
    {
      ...{ status: 'failed', files: 3, waiting: 0, running: 0, done: 2, skipped: 0, failed: 1 },
      folder: join(red.userDir, 'restored'),
    },
  ]);
  await red.until(() => red.text('batch') === '1 of 3 failed', red.text('batch'));

  await makeClip(join(red.userDir, 'tapes', 'words.mp4'), 4, { width: 32, height: 18 });
  assert.equal(await order(red, { action: 'retry' }), 200);
  await red.until(() => red.reported('summary').length > 1, 'the second summary', 60_000);
  const { skipped, done: count } = payloads(red, 'summary')[1]!;
  assert.deepEqual([skipped, count], [2, 1]);
  assert.deepEqual(
    (await batchRow(red)).files.map(({ name, is }) => `${name} ${is}`),
    [...['words.mp4 done', 'a.mp4 skipped', 'b.mp4 skipped']],
  );
  assert.equal(await order(red, { action: 'clear' }), 200);
  assert.deepEqual(await red.get('remaster/batches'), []);
  assert.deepEqual(payloads(red, 'error'), []);
}

/** Catch nodes have received nothing. */
export const assertNoErrors = (red: Runtime): void => assert.deepEqual(payloads(red, 'error'), []);
