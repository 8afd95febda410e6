import type { Node, NodeAPI } from 'node-red';
import { singleFlight } from '../../src/async/singleFlight';
import { Throttle } from '../../src/async/throttle';
import { engineFor } from '../../src/engine/client/engine';
import { printable } from '../../src/errors';
import { estimateWords } from '../../src/settings/estimate';
import type { Progress } from '../../src/settings/restoreJob';
import { editorId, type JobEntry, type RegisteredJob } from '../jobs/jobRegistry';
import type { PendingJob, PendingJobs } from '../jobs/pendingJobs';
import type { Outcome, ResumableJob } from '../jobs/resumableJob';
import { pixelsOf } from '../jobs/throughput';
import type { Input } from '../message/input';
import type { Plan } from '../message/plan';
import { clock } from '../message/status';
import type { UpscaleStatus } from '../message/upscaleStatus';
import type { Variables } from '../message/variables';
import { runtimeOf } from '../runtime';
import type { BuiltJob } from './buildJob';
import { outcomeStatus, type OutStatus } from './outStatus';
import { finalProgress, progressMessage, sendOutcome } from './resultMessages';

export interface FileJob extends PendingJob, Input {
  readonly registered: RegisteredJob;
}

/** The video out node of a job. */
export interface FileHost {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly statusLine: OutStatus;
  readonly upscaleStatus: UpscaleStatus;
  readonly jobs: PendingJobs<FileJob>;
  /** The node sends no more progress. */
  readonly isClosed: () => boolean;
}

/** Registers a job, promises its output to no other, and starts it when its turn comes. */
export function addFileJob(host: FileHost, plan: Plan, built: BuiltJob, input: Input): void {
  const { promisedOutputs, jobs, variables } = runtimeOf(host.RED);
  const { job, model } = built;
  promisedOutputs.add(job.output);
  const registered = jobs.register(entryOf(host, plan, built, () => added));
  const { onProgress, onFinal } = reportsOf(host, plan, built, input);
  const added = host.jobs.add({
    ...input,
    job,
    engine: engineFor(model),
    queuePassword: model.runsOn?.password ?? null,
    registered,
    onProgress,
    onEnd(ended) {
      const outcome = withoutValues(ended, variables);
      promisedOutputs.delete(job.output);
      onFinal(outcome.status === 'done' ? finalProgress(outcome.result) : null);
      registered.end(outcome);
      host.statusLine.idle = outcomeStatus(outcome);
      sendOutcome(host.RED, plan, outcome, input);
    },
  });
}

/** Where the progress of a job is shown: messages, the video upscale node, and the measured speed for estimates. */
function reportsOf(host: FileHost, plan: Plan, { job, stage }: BuiltJob, { send }: Input) {
  const { RED, node, upscaleStatus, isClosed } = host;
  const { throughput, variables } = runtimeOf(RED);
  let isAnnounced = false;
  const messages = new Throttle<Progress>((progress) => {
    if (!isClosed()) send([null, progressMessage(plan, withoutValuesInWarnings(progress, variables))]);
  });
  return {
    onProgress(progress: Progress): void {
      if (isClosed()) return;
      if (progress.stage === 'restoring') {
        upscaleStatus.show(stage.node, progress);
        if (progress.fps !== null && job.queue === null)
          throughput.record(job, progress.fps * pixelsOf(job, plan.source.info));
      }
      if (progress.estimate && !isAnnounced) {
        isAnnounced = true;
        node.log(printable(`${plan.source.label}: ${estimateWords(progress.estimate, clock)}`));
      }
      messages.push(progress);
    },
    /** Null: the job has no last progress, because it failed or was stopped. */
    onFinal(progress: Progress | null): void {
      if (progress) messages.final(progress);
      messages.close();
    },
  };
}

/** What an ended job says, without the values of environment variables. */
function withoutValues(outcome: Outcome, variables: Variables): Outcome {
  switch (outcome.status) {
    case 'done':
      return { ...outcome, result: withoutValuesInWarnings(outcome.result, variables) };
    case 'stopped':
      return outcome;
    case 'failed':
      return { ...outcome, error: variables.without(outcome.error) };
  }
}

const withoutValuesInWarnings = <T extends Pick<Progress, 'warnings'>>(from: T, variables: Variables): T =>
  from.warnings === undefined ? from : { ...from, warnings: from.warnings.map((warning) => variables.hide(warning)) };

function entryOf(
  { RED, node, jobs }: FileHost,
  plan: Plan,
  { job, stage, model }: BuiltJob,
  added: () => ResumableJob,
): JobEntry {
  const askForImage = async <K extends 'pair' | 'preview'>(what: K) => {
    const { running } = added();
    return running === null ? null : engineFor(model).ask(what, { job: running.id });
  };
  return {
    node: editorId(node),
    stage: editorId(RED.nodes.getNode(stage.node) ?? { id: stage.node }),
    label: plan.source.label,
    model: stage.model,
    file: { job, info: plan.source.info },
    state: () => jobs.stateOf(added()),
    control(action) {
      if (action === 'stop') void added().end('stop');
      else if (action === 'pause') void jobs.pause();
      else jobs.resume();
    },
    pair: singleFlight(() => askForImage('pair')),
    preview: () => askForImage('preview'),
  };
}
