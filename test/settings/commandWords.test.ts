import assert from 'node:assert/strict';
import { parseCommandLine } from '../../src/cli/options';
import { settingsOf } from '../../src/cli/jobs';
import { optionWords } from '../../src/settings/commandWords';
import { checkJob, type Job, JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { RESTORE_ROWS } from '../../src/settings/videoRows';

describe('optionWords', () => {
  it('has no words for defaults', () => {
    assert.deepEqual(optionWords(RESTORE_ROWS, { ...JOB_DEFAULTS }), []);
  });

  it('gives the settings again on the command line', () => {
    const paths = { input: '/in.mkv', output: '/out.mkv' };
    const changes: Partial<Job> = {
      ...{ model: 'x2', seed: 7, strength: 0.5, tileCache: null, extras: false, resume: false, audio: 'none' },
      ...{ trim: { start: 90, end: 120.5 }, maxFps: 12.5, codec: 'custom', encoder: 'h264_nvenc -cq 18', batch: 4 },
    };
    const words = optionWords(RESTORE_ROWS, { ...JOB_DEFAULTS, ...changes });
    const { values } = parseCommandLine(['restore', 'in.mkv', 'out.mkv', ...words]);
    assert.deepEqual(
      checkJob({ ...settingsOf(RESTORE_ROWS, values), ...paths }),
      checkJob({ ...JOB_DEFAULTS, ...changes, ...paths }),
    );
  });
});
