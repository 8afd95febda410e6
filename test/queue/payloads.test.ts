import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { RemasterError } from '../../src/errors';
import { whyNot } from '../../src/queue/capability';
import { chooseMachine } from '../../src/queue/chooseMachine';
import {
  parseMade,
  parseWaiting,
  parseWork,
  waitingPayload,
  whyNotImage,
  workPayload,
} from '../../src/queue/imagePayloads';
import { IMAGE_DEFAULTS } from '../../src/settings/imageJob';
import { orNull } from '../../src/queue/fields';
import {
  parseProgress,
  parseRun,
  parseSegment,
  parseWorker,
  type Run,
  runPayload,
  segmentPayload,
  type WorkerRecord,
  workerPayload,
} from '../../src/queue/payloads';
import { segmentError } from '../../src/queue/replies';
import { fakeJob, fakeWorker, MODEL } from '../support/fakeSegments';
import { scratchFolder } from '../support/videos';

describe('the content of a queue', () => {
  const folder = scratchFolder();
  let run: Run;
  let worker: WorkerRecord;
  before(() => {
    run = { ...fakeJob(folder, 'out'), run: 'a'.repeat(32), host: 'server', isCancelled: false };
    worker = { ...fakeWorker(folder, 'one'), leftOut: [], fps: null, beat: 1 };
  });

  it('is understood as it was written', () => {
    assert.deepEqual(parseRun(JSON.parse(JSON.stringify(runPayload(run)))), run);
    assert.deepEqual(parseWorker(JSON.parse(JSON.stringify(workerPayload(worker)))), worker);
    const range = { index: 3, first: 30, count: 10 };
    assert.deepEqual(parseSegment(segmentPayload(run.run, range), 10), { run: run.run, ...range });
  });

  it('is small: a segment has less than 200 bytes', () => {
    const payload = segmentPayload(run.run, { index: 99_999, first: 9_999_900, count: 100 });
    assert.ok(JSON.stringify(payload).length < 200);
  });

  const WRONG: Readonly<Record<string, (fields: Record<string, unknown>) => Record<string, unknown>>> = {
    'of another version': (fields) => ({ ...fields, v: 2 }),
    'without a job': (fields) => ({ ...fields, job: undefined }),
    'with a setting that is too large': (fields) => ({ ...fields, job: { ...run.job, steps: 1e9 } }),
    'with the path of a model': (fields) => ({ ...fields, job: { ...run.job, model: '/tmp/model' } }),
    'with the path of a model beside the job': (fields) => ({ ...fields, model: { ...MODEL, name: '../model' } }),
    'with a run that is a path': (fields) => ({ ...fields, run: '../../x' }),
    'with a key that is none': (fields) => ({ ...fields, key: 'x' }),
    'with a path that is too long': (fields) => ({ ...fields, folder: 'x'.repeat(5000) }),
    'with a path that has a NUL byte': (fields) => ({ ...fields, folder: 'x\0' }),
    'with a negative need of memory': (fields) => ({ ...fields, memory: -1 }),
    'with too many streams': (fields) => ({ ...fields, sound: Array.from({ length: 1001 }, () => 0) }),
  };
  for (const [what, change] of Object.entries(WRONG)) {
    it(`is refused: a job ${what}`, () => {
      assert.throws(() => parseRun(change(runPayload(run))), RemasterError);
    });
  }

  it('is refused: a segment at another place, of no frame, or longer than the job says', () => {
    for (const range of [
      { index: 1, first: 11, count: 10 },
      { index: 1, first: 10, count: 0 },
      { index: 1, first: 10, count: 11 },
      { index: -1, first: -10, count: 10 },
      { index: 0.5, first: 5, count: 10 },
    ])
      assert.throws(() => parseSegment(segmentPayload(run.run, range), 10), RemasterError, JSON.stringify(range));
  });

  it('may be anything: it is understood or refused, with no other error', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom(...Object.keys(runPayload(run)), 'leftOut', 'models'),
        (value, name) => {
          orNull(() => parseRun({ ...runPayload(run), [name]: value }));
          orNull(() => parseWorker({ ...workerPayload(worker), [name]: value }));
          orNull(() => parseSegment(value, 10));
          orNull(() => parseProgress(value));
        },
      ),
      { examples: [[{ toString: {} }, 'v']] },
    );
  });

  it('says why a segment failed; whatever else is there becomes a crash', () => {
    const known = JSON.stringify({ code: 'DISK_FULL', by: 'one', message: 'the disk is full.', remedy: 'Free some.' });
    const { code, message, remedy } = segmentError('Segment 1', known);
    assert.deepEqual(
      [code, message, remedy],
      ['DISK_FULL', 'Segment 1 failed on one: the disk is full.', 'Free some.'],
    );
    assert.equal(segmentError('Segment 1', known.replace('DISK_FULL', 'NO_SUCH')).code, 'INTERNAL');
    for (const text of ['job stalled more than allowable limit', '{}', '[]', 'null', '{"by":1}'])
      assert.equal(segmentError('Segment 1', text).code, 'ENGINE_CRASHED', text);
  });

  it('may be any image: it is understood or refused', () => {
    const work = { job: { ...IMAGE_DEFAULTS, model: 'x' }, source: Uint8Array.of(1, 2), mask: Uint8Array.of(3) };
    const through = (fields: unknown): unknown => JSON.parse(JSON.stringify(fields));
    const { job, source, mask } = parseWork(through(workPayload(work)));
    assert.deepEqual([job, [...source], [...mask!]], [work.job, [1, 2], [3]]);
    const image = { run: run.run, model: 'x', provider: 'auto', memory: 1 } as const;
    assert.deepEqual(parseWaiting(through(waitingPayload(image))), image);
    assert.throws(() => parseWork({ ...workPayload(work), job: { ...work.job, model: '/tmp/model' } }), RemasterError);
    assert.throws(() => workPayload({ ...work, source: new Uint8Array(64 * 2 ** 20 + 1) }), {
      code: 'IMAGE_TOO_LARGE',
    });
    assert.equal(whyNotImage({ ...image, model: MODEL.name }, worker), null);
    assert.equal(whyNotImage({ ...image, model: 'auto' }, worker), null);
    assert.match(whyNotImage(image, worker)!, /has no model x/);
    assert.match(whyNotImage({ ...image, model: 'auto', provider: 'cuda' }, worker)!, /runs models on cpu/);
    assert.match(whyNotImage({ ...image, model: 'auto', memory: worker.memory + 1 }, worker)!, /too little memory/);
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom('job', 'source', 'mask', 'facts', 'data', 'by', 'model'),
        (value, name) => {
          orNull(() => parseWork({ ...workPayload(work), [name]: value }));
          orNull(() => parseWaiting({ ...waitingPayload(image), [name]: value }));
          orNull(() => parseMade({ v: 1, facts: {}, data: '', by: 'x', [name]: value }));
        },
      ),
    );
  });

  describe('a worker takes a job', () => {
    const changed = (changes: Partial<WorkerRecord>): WorkerRecord => ({ ...worker, ...changes });

    it('that its model, memory, folders and class can do', () => {
      assert.equal(whyNot(run, null, worker), null);
      assert.equal(whyNot(run, 'a', worker), null);
      assert.equal(whyNot({ ...run, memory: worker.memory }, 'a', worker), null);
    });
    it('and no other', () => {
      const why = (job: Run, one: WorkerRecord, machine: string | null = null): string =>
        whyNot(job, machine, one) ?? 'able';
      assert.match(why(run, worker, 'b'), /another class/);
      assert.match(why(run, changed({ models: {} })), /has no model fake/);
      assert.match(why(run, changed({ models: { fake: 'b'.repeat(64) } })), /model fake has other files/);
      assert.match(why({ ...run, job: { ...run.job, provider: 'cuda' } }, worker), /runs models on cpu/);
      assert.match(why({ ...run, memory: worker.memory + 1 }, worker), /1\.0 GB of memory and needs 1\.0 GB/);
      assert.match(why(run, changed({ folders: ['/other'] })), /in\.mp4 is in none of its folders/);
      assert.match(why({ ...run, job: { ...run.job, mask: '/mask.png' } }, worker), /mask\.png is in none/);
      assert.equal(why(run, changed({ leftOut: [{ run: run.run, why: 'it differs' }] })), 'it differs');
      assert.equal(why(run, changed({ leftOut: [{ run: 'b'.repeat(32), why: 'it differs' }] })), 'able');
    });
    it('of the largest class that can do it', () => {
      const of = (id: string, machine: string, changes: Partial<WorkerRecord> = {}) =>
        changed({ id, machine, ...changes });
      const unable = { models: {} };
      assert.equal(chooseMachine(run, [of('1', 'x'), of('2', 'y'), of('3', 'y')]), 'y');
      assert.equal(chooseMachine(run, [of('1', 'y'), of('2', 'x')]), 'x');
      assert.equal(chooseMachine(run, [of('1', 'x'), of('2', 'y', unable), of('3', 'y', unable)]), 'x');
      assert.equal(chooseMachine(run, [of('1', 'x', unable)]), null);
      assert.equal(chooseMachine(run, []), null);
    });
  });
});
