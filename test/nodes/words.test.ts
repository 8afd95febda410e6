import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeStatus } from 'node-red';
import type { JobState } from '../../nodes/jobs/jobRows';
import type { Outcome } from '../../nodes/jobs/resumableJob';
import * as liveStatus from '../../nodes/message/liveStatus';
import * as status from '../../nodes/message/status';
import type { CameraState } from '../../src/settings/liveJob';
import type { Progress } from '../../src/settings/restoreJob';
import { root } from '../support/root';

/** Every value of a union: the compiler refuses a list that lacks one. */
const all = <K extends string>(words: Readonly<Record<K, true>>): readonly K[] => Object.keys(words) as K[];

const CAMERA = all<CameraState['is']>({ connecting: true, joining: true, running: true, waiting: true });
const STAGES = all<Progress['stage']>({
  probing: true,
  loading: true,
  resuming: true,
  restoring: true,
  finishing: true,
});
const JOBS = all<JobState['is'] | Outcome['status']>({
  ...{ empty: true, paused: true, queued: true, running: true, live: true },
  ...{ done: true, stopped: true, failed: true },
});

const progress = (stage: Progress['stage']): Progress => ({
  ...{ stage, frame: 0, total: null, share: null, fps: null, eta: null, cacheStats: null },
});
const waiting = (code: 'NO_SIGNAL' | 'AUTH_FAILED'): CameraState => ({
  ...{ is: 'waiting', attempt: 1, seconds: 1, code, message: '' },
});

/** The statuses that are the same text every time: the editor translates them by the catalogue of the node. */
const FIXED: Readonly<Record<string, readonly NodeStatus[]>> = {
  'remaster-in': [
    ...[status.idle, status.probing],
    ...[{ is: 'connecting' } as const, { is: 'joining' } as const].map(liveStatus.camera),
    ...[waiting('NO_SIGNAL'), waiting('AUTH_FAILED')].map(liveStatus.camera),
  ],
  'remaster-out': [
    ...[status.waiting, status.starting, status.stopped, status.paused(null)],
    ...STAGES.filter((stage) => stage !== 'restoring').map((stage) => status.running(progress(stage))),
    ...[liveStatus.retrying, liveStatus.live([]), liveStatus.camera({ is: 'joining' })],
  ],
  'remaster-frames': [
    ...[status.idle, status.starting, status.stopped],
    ...[status.waitingToSend(true), status.waitingToSend(false)],
  ],
};

const LANGUAGES = ['en-US', 'de'];

function catalogueOf(type: string, language: string): Record<string, unknown> {
  const folder = `nodes/${type.replace('remaster-', '')}/locales/${language}`;
  return JSON.parse(readFileSync(join(root, folder, `${type}.json`), 'utf8')) as Record<string, unknown>;
}

describe('words of the editor', () => {
  for (const language of LANGUAGES) {
    it(`the sidebar has words for every state of a job, ${language}`, () => {
      const { is } = (catalogueOf('remaster-model', language)['remaster-model'] as { jobs: { is: object } }).jobs;
      // running, restoring, an empty list and a waiting camera have numbers or a message of their own
      const shown = new Set<string>(['starting', ...CAMERA, ...STAGES, ...JOBS]);
      for (const state of ['running', 'restoring', 'empty', 'waiting']) shown.delete(state);
      assert.deepEqual(new Set(Object.keys(is)), shown);
    });

    for (const [type, statuses] of Object.entries(FIXED))
      it(`the fixed statuses of ${type} have words, ${language}`, () => {
        const catalogue = catalogueOf(type, language);
        for (const { text } of statuses) {
          assert.ok(text !== undefined && !/[.:]/.test(text), `${text} can be a key`);
          const words = catalogue[text];
          assert.equal(typeof words, 'string', text);
          assert.equal(words === text, language === 'en-US', text);
        }
        assert.deepEqual(
          new Set(Object.keys(catalogue).filter((key) => key !== type)),
          new Set(statuses.map(({ text }) => text)),
          'no word is left over',
        );
      });
  }
});
