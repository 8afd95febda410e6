import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Deferred, deferred } from '../../../src/async/deferred';
import { RestoreJobs } from '../../../src/engine/process/restoreJobs';
import type { Reply } from '../../../src/engine/protocol';
import { RemasterError, StoppedError } from '../../../src/errors';
import { workFolder } from '../../../src/pipeline/jobs/workFolder';
import { JOB_DEFAULTS, type Result } from '../../../src/settings/restoreJob';
import { scratchFolder } from '../../support/videos';

const RESULT = { output: '/out.mp4' } as Result;

describe('restoreJobs', () => {
  const folder = scratchFolder();
  let replies: Reply[];
  let ends: number;
  let work: Map<string, Deferred<Result>>;
  let jobs: RestoreJobs;

  beforeEach(() => {
    [replies, ends, work] = [[], 0, new Map()];
    jobs = new RestoreJobs(
      (id, _job, _password, _preview, signal) => {
        const result = deferred<Result>();
        signal.addEventListener('abort', () => result.reject(signal.reason));
        work.set(id, result);
        return result.promise;
      },
      (reply) => replies.push(reply),
      () => ends++,
    );
  });

  const start = (id: string): void =>
    jobs.start(id, { ...JOB_DEFAULTS, input: '/in.mp4', output: join(folder, `${id}.mp4`), concurrency: 1 }, null);
  /** What has become of each job, without the positions in the queue. */
  async function settled(): Promise<string[]> {
    for (let i = 0; i < 200 && jobs.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 30));
    return replies.flatMap((reply) =>
      reply.type === 'queued' || !('id' in reply) ? [] : [`${reply.id} ${reply.type}`],
    );
  }

  it('runs one after the other and reports how each has ended', async () => {
    for (const id of ['a', 'b', 'c']) start(id);
    assert.deepEqual([jobs.size, [...work.keys()]], [3, ['a']]);
    work.get('a')!.resolve(RESULT);
    await new Promise((resolve) => setTimeout(resolve, 10));
    work.get('b')!.reject(new RemasterError('DISK_FULL', 'full'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    jobs.stop('c', true);
    assert.deepEqual(await settled(), ['a done', 'b failed', 'c stopped']);
    assert.equal(ends, 3);
  });

  it('a preview lasts as long as its job', async () => {
    assert.equal(jobs.preview('a'), null);
    start('a');
    const preview = jobs.preview('a')!;
    work.get('a')!.resolve(RESULT);
    await preview.ended;
    assert.equal(jobs.preview('a'), null);
  });

  it('a job that waits stops at once; without keep its earlier segments are deleted', async () => {
    for (const id of ['running', 'kept', 'deleted']) {
      mkdirSync(workFolder(join(folder, `${id}.mp4`)));
      writeFileSync(join(workFolder(join(folder, `${id}.mp4`)), '000000.nut'), '');
      start(id);
    }
    jobs.stop('kept', true);
    jobs.stop('deleted', false);
    jobs.stop('unknown', false);
    assert.equal(jobs.size, 1);
    jobs.stop('running', false);
    assert.deepEqual((await settled()).toSorted(), ['deleted stopped', 'kept stopped', 'running stopped']);
    assert.deepEqual(
      ['running', 'kept', 'deleted'].map((id) => existsSync(workFolder(join(folder, `${id}.mp4`)))),
      [false, true, false],
    );
  });

  it('a job that is stopped after it was suspended deletes its segments', async () => {
    const output = join(folder, 'a.mp4');
    mkdirSync(workFolder(output));
    writeFileSync(join(workFolder(output), '000000.nut'), '');
    start('a');
    jobs.stop('a', true);
    jobs.stop('a', false);
    assert.deepEqual([await settled(), existsSync(workFolder(output))], [['a stopped'], false]);
  });

  it('closing suspends all and waits for the one that runs', async () => {
    for (const id of ['a', 'b']) start(id);
    await jobs[Symbol.asyncDispose]();
    assert.deepEqual((await settled()).toSorted(), ['a stopped', 'b stopped']);
    await assert.rejects(work.get('a')!.promise, (error) => error instanceof StoppedError && error.keep);
    assert.equal(work.has('b'), false);
  });
});
