import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { engineFor } from '../src/engine/client';
import { errorRecord, RemasterError } from '../src/errors';
import { JOB_DEFAULTS, type CodecName, type Job, type Progress } from '../src/pipeline/job';
import { ACTIONS, actionOf, type Action } from './actions';
import { allowedSource, allowedTarget, pathRules } from './allow';
import { Jobs, type Order, type Outcome } from './jobs';
import { sources, stages, type LivingModel, type LivingSource } from './living';
import { fill, freeName, inFolder, placeholders } from './output';
import { planOf, show, type Plan, type PlanStage } from './plan';
import { reportable } from './report';
import * as status from './status';
import { StatusLine } from './statusLine';
import { keepFor, takeFor } from './suspended';
import { evaluate, integerIn, optionIn, originOf, type Typed } from './typed';

interface Config extends NodeDef {
  readonly filename: string;
  readonly filenameType: string;
  readonly folder: string;
  readonly folderType: string;
  readonly overwrite: 'never' | 'suffix' | 'always';
  readonly codec: CodecName;
  readonly quality: string | number;
  readonly audio: Job['audio'];
  readonly extras: boolean;
  readonly resume: boolean;
}

/** Keep in step with the presets of the encoder and with the editor's list. */
export const CODECS: readonly CodecName[] = ['h264', 'h265', 'av1', 'ffv1', 'prores'];

type Send = (msg: NodeMessage | (NodeMessage | null)[]) => void;
type Done = (error?: Error) => void;

interface NodeOrder extends Order {
  readonly msg: NodeMessageInFlow;
  readonly done: Done;
}

/** Files that jobs of any node are going to write. */
const promised = new Set<string>();

export default function remasterOut(RED: NodeAPI): void {
  function RemasterOut(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const filename: Typed = { value: config.filename, type: config.filenameType };
    const folder: Typed = { value: config.folder, type: config.folderType };
    const line = new StatusLine(this);
    let resting = status.waiting;
    /** Upscale nodes that show the speed of a job of ours. */
    const showing = new Set<string>();
    /** Messages that wait for their turn to become jobs. */
    const pending = new Set<NodeMessageInFlow>();
    let turn = Promise.resolve();
    /** What `start` and `restart` begin again when nothing runs. */
    let last: Pick<NodeMessage, 'topic' | 'video'> | null = null;
    let isClosed = false;

    const jobs = new Jobs<NodeOrder>(() => {
      const { standing } = jobs;
      if (standing.is !== 'running') {
        for (const id of showing) stages.get(id)?.show(null);
        showing.clear();
      }
      if (standing.is === 'empty') line.show(resting, true);
      else if (standing.is === 'paused') line.show(status.paused(standing.progress), true);
      else if (standing.is === 'queued') line.show(status.queued(standing.position));
      else line.show(standing.progress === null ? status.starting : status.running(standing.progress));
    });
    line.show(resting, true);

    this.on('input', (msg, send, done) => {
      const action = actionOf(msg);
      const isPlan = action === null || (action === 'start' && msg['video'] !== undefined);
      if (isPlan) pending.add(msg);
      // one after the other: a stop ends what came before it, and not what comes after
      turn = turn.then(async () => {
        if (isClosed) return; // `close` has taken what was pending
        try {
          if (isPlan) await begin(msg, send as Send, done);
          else await act(action, msg, send as Send, done);
        } catch (error) {
          resting = status.failed(error);
          if (jobs.isEmpty) line.show(resting, true);
          done(reportable(error));
        } finally {
          pending.delete(msg);
        }
      });
    });

    const begin = async (msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      if (msg['video'] === undefined && msg['action'] !== undefined) throw unknownAction(msg['action']);
      const plan = planOf(msg);
      const { job, stage, model } = await jobFor(msg, plan);
      if (isClosed) return;
      last = { video: plan, ...(msg.topic === undefined ? {} : { topic: msg.topic }) };
      promised.add(job.output);
      jobs.add({
        job,
        engine: engineFor(model),
        msg,
        done,
        onProgress: (progress) => {
          if (isClosed) return;
          if (progress.stage === 'restoring') {
            showing.add(stage.node);
            stages.get(stage.node)?.show(progress);
          }
          send([null, progressMessage(plan, progress)]);
        },
        onEnd: (outcome) => {
          promised.delete(job.output);
          resting = restingStatus(outcome);
          end(plan, outcome, msg, send, done);
        },
      });
    };

    const end = (plan: Plan, outcome: Outcome, msg: NodeMessageInFlow, send: Send, done: Done): void => {
      const payload = resultPayload(plan, outcome);
      switch (outcome.status) {
        case 'done': {
          const { framesOut } = outcome.result;
          const whole: Progress = {
            stage: 'finishing',
            frame: framesOut,
            total: framesOut,
            share: 1,
            fps: outcome.result.fps,
            eta: 0,
          };
          send([null, progressMessage(plan, whole)]);
          send([Object.assign(msg, { filename: outcome.result.output, payload }), null]);
          done();
          return;
        }
        case 'stopped':
          send([Object.assign(msg, { payload }), null]);
          done();
          return;
        case 'failed':
          // a copy: the Catch node gets the message as it came
          send([Object.assign(RED.util.cloneMessage(msg), { payload }), null]);
          done(reportable(outcome.error));
      }
    };

    const act = async (action: Action, msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> => {
      const again = (action === 'start' || action === 'restart') && jobs.isEmpty;
      if (again) {
        if (last === null) {
          throw new RemasterError('NO_PLAN', `There is nothing to ${action}: no video has come yet.`, {
            remedy: 'Send a file through the video in node first.',
          });
        }
        await begin(Object.assign(msg, last), send, done); // done() when that job ends
        return;
      }
      if (action === 'stop') await jobs.stop();
      else if (action === 'pause') await jobs.pause();
      else if (action === 'skip') await jobs.skip();
      else if (action === 'restart') await jobs.restart();
      else if (jobs.isPaused) jobs.resume();
      done();
    };

    const jobFor = async (
      msg: NodeMessageInFlow,
      plan: Plan,
    ): Promise<{ job: Job; stage: PlanStage; model: LivingModel }> => {
      const { source, stage, model } = livingNodes(plan);
      const isNamedThere = source.names(plan.source.path);
      const input = isNamedThere
        ? plan.source.path
        : await allowedSource(plan.source.path, 'message', pathRules(RED.settings, 'remasterInAllowedFolders'));
      const codec = optionIn(config.codec, CODECS, 'Codec');
      const parts = placeholders({
        label: plan.source.label,
        scale: stage.scale,
        model: stage.model,
        codec,
        now: new Date(),
      });
      const name = fill(textOf(await evaluate(RED, this, filename, msg), 'File name'), parts);
      const target = fill(textOf((await evaluate(RED, this, folder, msg)) ?? '', 'Folder'), parts);
      const beside = source.isSample ? tmpdir() : dirname(input);
      const isFromMessage =
        originOf(filename) === 'message' || originOf(folder) === 'message' || (target === '' && !isNamedThere);
      const rules = pathRules(RED.settings, 'remasterOutAllowedFolders');
      const path = target === '' ? inFolder(beside, name) : inFolder(inFolder(rules.base, target), name);
      const allowed = await allowedTarget(path, isFromMessage ? 'message' : 'config', rules);
      const job: Job = {
        ...JOB_DEFAULTS,
        input,
        output: config.overwrite === 'suffix' ? freeName(allowed, (each) => promised.has(each)) : allowed,
        overwrite: optionIn(config.overwrite, ['never', 'suffix', 'always'], 'If the file exists') === 'always',
        resume: config.resume,
        model: model.model,
        provider: model.provider,
        device: model.device,
        threads: model.threads,
        tile: stage.tile,
        batch: model.batch,
        steps: stage.steps,
        strength: stage.strength,
        noise: stage.noise,
        seed: stage.seed,
        codec,
        quality: integerIn(config.quality, 'Quality', 0, 63),
        audio: optionIn(config.audio, ['copy', 'encode', 'none'], 'Sound'),
        extras: config.extras,
        deinterlace: plan.source.deinterlace,
        trim: plan.source.trim,
      };
      return { job, stage, model };
    };

    // a job that a deploy interrupted goes on, once the nodes it names are there again
    const kept = takeFor(this.id);
    const goOn = (): void => {
      if (kept?.isPaused) void jobs.pause();
      for (const msg of kept?.messages ?? []) this.receive(msg);
    };
    if (kept) RED.events.once('flows:started', goOn);

    this.on('close', (removed: boolean, closed: () => void) => {
      isClosed = true;
      RED.events.off('flows:started', goOn);
      line.close();
      const { isPaused } = jobs;
      const waiting = [...pending];
      jobs
        .leave()
        .then((orders) => {
          for (const { job } of orders) promised.delete(job.output);
          for (const id of showing) stages.get(id)?.show(null);
          if (!removed) {
            keepFor(this.id, { messages: [...new Set([...orders.map(({ msg }) => msg), ...waiting])], isPaused });
            return; // not over, so not done(): that comes when the job ends
          }
          for (const { msg, done } of orders) {
            msg.payload = { status: 'stopped' };
            done();
          }
        })
        .finally(closed)
        .catch((error: unknown) => this.error(reportable(error)));
    });
  }
  RED.nodes.registerType('remaster-out', RemasterOut, {
    settings: { remasterOutAllowedFolders: { value: undefined, exportable: false } },
  });
}

/** The nodes a plan names, if they are deployed here and still mean the same. */
function livingNodes(plan: Plan): { source: LivingSource; stage: PlanStage; model: LivingModel } {
  const source = sources.get(plan.source.node);
  if (!source) throw gone('video in', plan.source.node);
  const [stage, second] = plan.stages;
  if (!stage || second) {
    throw new RemasterError(
      'PLAN_INVALID',
      `The video passed ${plan.stages.length} video upscale nodes; a job has exactly one.`,
      {
        remedy: 'Wire one video upscale node between video in and video out.',
      },
    );
  }
  const living = stages.get(stage.node);
  if (!living) throw gone('video upscale', stage.node);
  const model = living.model();
  if (model.model !== stage.model) {
    throw new RemasterError(
      'PLAN_STAGE_GONE',
      `The plan was made for model ${show(stage.model)}; its node now has ${show(model.model)}.`,
      {
        remedy: 'Send the file through the flow again.',
      },
    );
  }
  return { source, stage, model };
}

const gone = (what: string, id: string): RemasterError =>
  new RemasterError('PLAN_STAGE_GONE', `The plan names a ${what} node (${show(id)}) that is not deployed here.`, {
    remedy: 'Send the file through the flow again; a plan from another Node-RED must pass nodes of this one.',
  });

const unknownAction = (action: unknown): RemasterError =>
  new RemasterError('BAD_SETTING', `msg.action is ${show(action)}, which this node does not know.`, {
    remedy: `Use one of ${ACTIONS.join(', ')}.`,
  });

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new RemasterError('BAD_SETTING', `${name} is ${show(value)}, not a text.`, {
    remedy: 'Correct it in the video out node, or in the message it is taken from.',
  });
}

function restingStatus(outcome: Outcome): typeof status.waiting {
  switch (outcome.status) {
    case 'done':
      return status.done(outcome.result.elapsed);
    case 'stopped':
      return status.stopped;
    case 'failed':
      return status.failed(outcome.error);
  }
}

/** Restored seconds of video per second. */
const speedOf = (plan: Plan, fps: number | null): number | null =>
  fps === null || !plan.source.info.fps ? null : fps / plan.source.info.fps;

const progressMessage = (plan: Plan, progress: Progress): NodeMessage => ({
  topic: plan.source.label,
  payload: status.percent(progress),
  progress: {
    job: plan.id,
    stage: progress.stage,
    frame: progress.frame,
    total: progress.total,
    fps: progress.fps,
    speed: speedOf(plan, progress.fps),
    eta: progress.eta,
    dropped: 0,
    latency: null,
  },
});

function resultPayload(plan: Plan, outcome: Outcome): Record<string, unknown> {
  if (outcome.status === 'done') {
    const { framesIn, framesOut, elapsed, fps, bytes, resumedFrom, width, height, model, warnings } = outcome.result;
    return {
      status: 'done',
      framesIn,
      framesOut,
      dropped: framesIn - framesOut,
      elapsed,
      fps,
      speed: speedOf(plan, fps),
      bytes,
      resumedFrom,
      width,
      height,
      model,
      warnings,
    };
  }
  const frames = outcome.progress?.frame ?? 0;
  const fps = outcome.progress?.fps ?? null;
  const rest = {
    framesIn: frames,
    framesOut: 0,
    dropped: 0,
    elapsed: null,
    fps,
    speed: speedOf(plan, fps),
    bytes: 0,
    resumedFrom: 0,
  };
  return outcome.status === 'stopped'
    ? { status: 'stopped', ...rest }
    : { status: 'failed', ...rest, error: errorRecord(outcome.error) };
}
