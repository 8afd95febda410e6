import { BackpressureWindow } from '../../async/backpressure';
import { deferred } from '../../async/deferred';
import { untilAborted } from '../../async/untilAborted';
import { errorRecord } from '../../errors';
import type { CameraPipeline } from '../../pipeline/jobs/live/cameraPipeline';
import { encodingSink, nullSink, type Sink } from '../../pipeline/jobs/live/sink';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { LiveJob } from '../../settings/liveJob';
import { type LiveEvent, MAX_FRAGMENTS_IN_FLIGHT } from '../liveProtocol';
import { jpegRequests } from './jpegRequests';
import type { JoinedPipeline } from './sharedPipelines';

/** A live job in the engine process. */
export interface RunningLiveJob {
  /** The pipeline of its camera; null if the job ends without one. */
  readonly pipeline: Promise<CameraPipeline | null>;
  /** The last event, `stopped` or `failed`, when everything it has opened is closed. */
  readonly ended: Promise<LiveEvent>;
  stop(): void;
  requestJpeg(newerThan: number): void;
  releaseFragment(): void;
}

type Send = (event: LiveEvent) => void;

/** Milliseconds between two progress events. */
const PROGRESS_INTERVAL = 1000;

/** Starts a job: joins the pipeline of its camera and encodes the frames for its target until it is stopped. */
export function startLiveJob(
  job: LiveJob,
  join: (onEvent: Send) => Promise<JoinedPipeline>,
  send: Send,
): RunningLiveJob {
  const stop = new AbortController();
  const { signal } = stop;
  const sendWhileRunning = (event: LiveEvent): void => void (signal.aborted || send(event));
  const fragments = new BackpressureWindow(MAX_FRAGMENTS_IN_FLIGHT);
  const pipeline = deferred<CameraPipeline | null>();

  const run = async (): Promise<LiveEvent> => {
    let joined: JoinedPipeline | null = null;
    let sink: Sink = nullSink;
    try {
      joined = await join(sendWhileRunning);
      pipeline.resolve(joined.pipeline);
      greet(joined.pipeline, sendWhileRunning);
      sink = await openSink(job, { send, sendWhileRunning, fragments, signal });
      return await deliver(joined.pipeline, sink, sendWhileRunning, signal);
    } catch (error) {
      return signal.aborted ? { what: 'stopped' } : { what: 'failed', error: errorRecord(error) };
    } finally {
      pipeline.resolve(null);
      await Promise.allSettled([sink[Symbol.asyncDispose](), joined?.leave()]);
    }
  };

  return {
    pipeline: pipeline.promise,
    ended: run(),
    stop: () => stop.abort(new Error('stopped')),
    requestJpeg: jpegRequests(pipeline.promise, (jpeg) => sendWhileRunning({ what: 'jpeg', jpeg }), signal),
    releaseFragment: () => fragments.release(),
  };
}

/** Tells a job that joins what the others have been told. */
function greet({ progress, facts }: CameraPipeline, send: Send): void {
  send({ what: 'camera', state: progress().camera });
  if (facts) send({ what: 'facts', facts });
}

interface SinkContext {
  readonly send: Send;
  readonly sendWhileRunning: Send;
  readonly fragments: BackpressureWindow;
  readonly signal: AbortSignal;
}

async function openSink(job: LiveJob, { send, sendWhileRunning, fragments, signal }: SinkContext): Promise<Sink> {
  if (job.target.kind === 'pictures') return nullSink;
  return encodingSink(await findFfmpeg(), job, job.target, {
    onRecoverableError: (error) => sendWhileRunning({ what: 'recoverableError', error: errorRecord(error) }),
    onFile: (path) => send({ what: 'file', path }), // also the last file, which ends after a stop
    async onFragment(fragment) {
      await untilAborted(fragments.room(), signal);
      fragments.hold();
      sendWhileRunning({ what: 'fragment', fragment });
    },
  });
}

/** Passes frames on and reports progress until the pipeline ends or the job is stopped; rejects with the reason. */
async function deliver(
  { progress, frames$, ended }: CameraPipeline,
  sink: Sink,
  send: Send,
  signal: AbortSignal,
): Promise<never> {
  const frames = frames$.subscribe({ next: (frame) => sink.put(frame), error: () => {} }); // `ended` reports it
  const report = (): void => send({ what: 'progress', progress: { ...progress(), target: sink.counts() } });
  const timer = setInterval(report, PROGRESS_INTERVAL);
  try {
    return await untilAborted(ended, signal);
  } finally {
    clearInterval(timer);
    frames.unsubscribe();
  }
}
