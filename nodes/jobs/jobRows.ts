import { errorRecord } from '../../src/errors';
import type { LiveProgress } from '../../src/settings/liveJob';
import { percent } from '../message/status';
import type { PendingState } from './jobReport';
import type { Outcome } from './resumableJob';

/** Actions of the editor's sidebar. */
export type JobAction = 'pause' | 'resume' | 'stop';

export type JobState = PendingState | { readonly is: 'live'; readonly progress: LiveProgress | null };

/** The actions that a job in this state accepts. */
export function actionsFor({ is }: JobState): readonly JobAction[] {
  switch (is) {
    case 'running':
    case 'queued':
      return ['pause', 'stop'];
    case 'paused':
      return ['resume', 'stop'];
    case 'live':
      return ['stop'];
    case 'empty':
      return [];
  }
}

/** The fields of an unfinished job in the sidebar. `estimate`: seconds a queued job takes. */
export function activeRow(state: JobState, estimate: () => number | null): Record<string, unknown> {
  const actions = actionsFor(state);
  switch (state.is) {
    case 'empty': // ends at this moment
      return { is: 'running', actions };
    case 'queued':
      return { is: 'queued', actions, position: state.position, expected: estimate() };
    case 'running':
    case 'paused': {
      const { is, progress } = state;
      if (!progress) return { is, actions };
      const { stage, frame, fps, eta, cacheStats, workers = [] } = progress;
      return {
        workers,
        is,
        actions,
        stage,
        frame,
        percent: percent(progress),
        fps,
        eta,
        cacheShare: cacheStats?.share ?? null,
      };
    }
    case 'live': {
      const { is, progress } = state;
      if (!progress) return { is, actions };
      const { camera, fps, latency, dropped, dropShare, cacheStats } = progress;
      const said = camera.is === 'waiting' ? camera.message : null;
      const cacheShare = cacheStats?.share ?? null;
      return { is, actions, camera: camera.is, said, fps, latency, dropped, dropShare, cacheShare };
    }
  }
}

/** The fields of an ended job in the sidebar. */
export function endedRow(outcome: Outcome): Record<string, unknown> {
  switch (outcome.status) {
    case 'done': {
      const { elapsed, framesOut, fps, cacheStats, warnings } = outcome.result;
      return { is: 'done', elapsed, frame: framesOut, fps, cacheShare: cacheStats?.share ?? null, warnings };
    }
    case 'stopped':
      return { is: 'stopped' };
    case 'failed':
      return { is: 'failed', said: errorRecord(outcome.error).message };
  }
}
