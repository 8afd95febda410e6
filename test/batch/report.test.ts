import assert from 'node:assert/strict';
import { fail, queuedFile } from '../../src/batch/batchFile';
import { reportCsv, reportJson } from '../../src/batch/report';
import { RemasterError } from '../../src/errors';

describe('the report of a batch', () => {
  const totals = { waiting: 0, running: 0, done: 1, skipped: 0, failed: 1, files: 2, eta: 0, share: 1 };
  const failed = queuedFile(1, '/in/a "b", c.mov', null);
  fail(failed, new RemasterError('SOURCE_EMPTY', 'It is empty.', { remedy: 'Copy it again.', detail: 'secret log' }));
  const done = {
    ...queuedFile(2, '=cmd|x!A1', null, '/out/a.mp4'),
    state: 'done' as const,
    seconds: 1.23456,
    frames: 10,
  };
  const report = { out: '/out', started: '2026', ended: null, totals, files: [failed, done] };

  it('is a table that spreadsheets read as text', () => {
    const files = [...report.files, { ...done, input: '/in/\ta\n.mov', warnings: ['-1 frame', 'b'] }];
    assert.deepEqual(reportCsv({ files }).split('\r\n'), [
      'input,output,state,code,message,seconds,frames,warnings',
      '"/in/a ""b"", c.mov",,failed,SOURCE_EMPTY,It is empty. Copy it again.,,,',
      `"'=cmd|x!A1",/out/a.mp4,done,,,1.235,10,`,
      `/in/\\ta\\n.mov,/out/a.mp4,done,,,1.235,10,"'-1 frame | b"`,
      '',
    ]);
  });
  it('is JSON with the same fields, without the output of programs', () => {
    const json = JSON.parse(reportJson(report)) as { version: number; ended: null; files: Record<string, unknown>[] };
    assert.deepEqual([json.version, json.ended, json.files.length], [1, null, 2]);
    assert.deepEqual(Object.keys(json.files[0]!), [
      ...['input', 'output', 'state', 'code', 'message', 'seconds', 'frames', 'model', 'warnings'],
    ]);
    assert.doesNotMatch(reportJson(report), /secret/);
  });
});
