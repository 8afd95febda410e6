import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { singleFlight } from '../../src/async/singleFlight';
import { engineFor, type Engine } from '../../src/engine/client/engine';
import type { RunningLive } from '../../src/engine/client/liveClient';
import { RemasterError } from '../../src/errors';
import {
  type CameraState,
  LIVE_DEFAULTS,
  type LiveJob,
  type LiveJpeg,
  type LiveProgress,
} from '../../src/settings/liveJob';
import { FrameBroadcast } from '../http/frameBroadcast';
import type { Language } from '../http/language';
import { publishLivePage, slug } from '../http/liveRoutes';
import { editorId, type RegisteredJob, registerJob } from '../jobs/jobRegistry';
import { type NextPair } from '../jobs/jpegPair';
import type { Credentials } from '../message/credentials';
import type { LivePlan } from '../message/livePlan';
import * as liveStatus from '../message/liveStatus';
import { nodeError } from '../message/nodeError';
import { type DeployedCamera, stages } from '../message/nodeRegistry';
import { allowedTarget, pathRules } from '../message/pathPolicy';
import { deployedNodes } from '../message/resolvePlan';
import * as status from '../message/status';
import { evaluate, integerIn, numberIn, optionIn, originOf } from '../message/typedInput';
import { type OutConfig, TARGETS, textOf } from './buildJob';
import { fill, inFolder, placeholders } from './outputPath';
import { regionIn } from './region';

type Send = (msg: (NodeMessage | null)[]) => void;
type Done = (error?: Error) => void;

/** One camera that this node shows, records or sends on. */
interface Run {
  readonly plan: LivePlan;
  /** Of the job, to tell whether a new message asks for the same. */
  readonly key: string;
  readonly running: RunningLive;
  readonly gallery: FrameBroadcast;
  readonly camera: DeployedCamera;
  readonly msg: NodeMessageInFlow;
  readonly urls: Readonly<Record<string, string>>;
  done: Done;
  progress: LiveProgress | null;
  /** Troubles that were told, and are not over. */
  readonly told: Set<string>;
  isTroubled: boolean;
  readonly posted: RegisteredJob;
  readonly close: () => void;
}

/** Milliseconds a snapshot waits for a picture. */
const PATIENCE = 10_000;

/** The live jobs of one video out node: one per video in node. */
export class LiveJobs {
  readonly #runs = new Map<string, Run>();
  /** What `start` begins again. */
  readonly #last = new Map<string, { readonly plan: LivePlan; readonly topic?: string }>();

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: OutConfig,
    /** Shows a status for all of them: at most one a second, unless it is the last for now. */
    private readonly show: (words: NodeStatus, isLast?: boolean) => void,
  ) {}

  get isEmpty(): boolean {
    return this.#runs.size === 0;
  }

  /** Whether actions are about cameras. */
  get isKnown(): boolean {
    return this.#last.size > 0;
  }

  /** Begins, or goes on if this camera already runs as the plan wants it. `done` is called when the job ends. */
  async begin(plan: LivePlan, msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> {
    const { job, camera, engine } = await this.#compose(plan, msg);
    const key = JSON.stringify(job);
    const before = this.#runs.get(plan.source.node);
    if (before?.key === key) {
      before.done(); // the message before is done with; this one now stands for the job
      before.done = done;
      return;
    }
    if (before) await this.#stop(before, send);
    const topic = typeof msg.topic === 'string' ? { topic: msg.topic } : {};
    this.#last.set(plan.source.node, { plan, ...topic });
    this.#start(plan, key, job, camera, engine, msg, send, done);
  }

  /** Begins again what ran last. */
  async restart(send: Send): Promise<void> {
    for (const { plan, topic } of this.#last.values()) {
      const msg = { ...(topic === undefined ? {} : { topic }), video: plan } as unknown as NodeMessageInFlow;
      await this.begin(plan, msg, send, (error) => error && this.node.error(error, msg));
    }
  }

  async stop(send: Send): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => this.#stop(run, send)));
  }

  /** The newest picture, as an answer to the message that asks for it. */
  async snapshot(msg: NodeMessageInFlow, send: Send): Promise<void> {
    if (this.isEmpty) throw new RemasterError('NO_SIGNAL', 'No camera runs here.', { remedy: 'Send start first.' });
    for (const { gallery, plan } of this.#runs.values()) {
      const picture = await gallery.next(PATIENCE).catch(() => null);
      if (!picture)
        throw new RemasterError('NO_SIGNAL', `${plan.source.label} sends no picture.`, {
          remedy: 'Look at its status.',
        });
      const { width, height, index, time, latency } = picture;
      const answer = this.#runs.size === 1 ? msg : this.RED.util.cloneMessage(msg);
      const frame = { width, height, index, time, latency, source: plan.source.label };
      send([Object.assign(answer, { payload: bytes(picture), frame }), null]);
    }
  }

  /** Ends all for the node's end. Answers with the messages that stand for the jobs, and how to say that they are done. */
  async leave(): Promise<readonly { readonly msg: NodeMessageInFlow; readonly done: Done }[]> {
    const all = [...this.#runs.values()];
    this.#runs.clear();
    await Promise.all(
      all.map(async (run) => {
        this.#close(run);
        await run.running.stop();
      }),
    );
    return all;
  }

  #start(
    plan: LivePlan,
    key: string,
    job: LiveJob,
    camera: DeployedCamera,
    engine: Engine,
    msg: NodeMessageInFlow,
    send: Send,
    done: Done,
  ): void {
    const { node } = plan.source;
    const { label } = plan.source;
    const target = this.config.target ?? 'file';
    const current = (): Run | null => {
      const run = this.#runs.get(node);
      return run?.running === running ? run : null;
    };
    const gallery = new FrameBroadcast((after) => running.requestJpeg({ newerThan: after }));
    const say = (data: Record<string, unknown>): void => send([null, null, { topic: label, ...data }]);
    const running = engine.live(job, {
      onCamera: (state) => current() && this.#camera(current()!, state),
      onProgress: (progress) => {
        const run = current();
        if (!run) return;
        if (progress.target.written > (run.progress?.target.written ?? 0)) this.#well(run);
        run.progress = progress;
        this.#tell(run, send);
      },
      onJpeg: (picture) => {
        gallery.show(picture);
        if (target !== 'jpeg' || !current()) return;
        const { width, height, index, time, latency } = picture;
        say({ payload: bytes(picture), frame: { width, height, index, time, latency } });
        running.requestJpeg({ newerThan: index });
      },
      onFragment: (part) => {
        if (part === null)
          say({ payload: Buffer.alloc(0) }); // players and mp4frag begin anew
        else say({ payload: part.data, part: part.kind });
      },
      onFile: (filename) => say({ payload: filename, filename }),
      onRecoverableError: (error) => current() && this.#trouble(current()!, error),
    });
    const pair = singleFlight(() => engine.ask('pair', { job: running.id }));
    const urls: Record<string, string> = {};
    const folder = job.target.kind === 'hls' ? job.target.folder : null;
    let off = (): void => {};
    if (target === 'mjpeg' || folder !== null) {
      const shown = publishLivePage(this.RED, this.#name(label, job), {
        title: label,
        gallery,
        folder,
        state: (language) => ({
          text: wordsOf(current(), language),
          running: current()?.progress?.camera.is === 'running',
        }),
        pair,
      });
      Object.assign(urls, { page: shown.url, image: `${shown.url}/image` });
      Object.assign(urls, folder === null ? { mjpeg: `${shown.url}/mjpeg` } : { hls: `${shown.url}/hls/index.m3u8` });
      off = () => shown.close();
    }
    const close = (): void => {
      off();
      if (folder !== null && !this.config.folder) rmSync(folder, { recursive: true, force: true });
    };
    const run: Run = {
      plan,
      key,
      running,
      gallery,
      camera,
      msg,
      urls,
      done,
      progress: null,
      told: new Set(),
      isTroubled: false,
      posted: this.#post(plan, running, engine, pair, send),
      close,
    };
    this.#runs.set(node, run);
    this.show(status.starting);
    if (target === 'jpeg') running.requestJpeg();
    send([Object.assign(this.RED.util.cloneMessage(msg), { payload: { status: 'live', ...urls } }), null]);
    running.ended.catch((error: unknown) => {
      if (!current()) return;
      this.#runs.delete(node);
      run.posted.end({ status: 'failed', error, progress: null });
      this.#close(run);
      camera.show(null);
      if (this.isEmpty) this.show(status.failed(error), true);
      send([Object.assign(this.RED.util.cloneMessage(msg), { payload: { status: 'failed', ...countsOf(run) } }), null]);
      run.done(nodeError(error));
    });
  }

  async #stop(run: Run, send: Send): Promise<void> {
    this.#runs.delete(run.plan.source.node);
    await run.running.stop();
    run.posted.end({ status: 'stopped', progress: null });
    this.#close(run);
    run.camera.show(null);
    if (this.config.target === 'jpeg') send([null, null, { topic: run.plan.source.label, payload: Buffer.alloc(0) }]); // whoever splits the stream begins anew
    send([Object.assign(run.msg, { payload: { status: 'stopped', ...countsOf(run) } }), null]);
    run.done();
    this.show(this.isEmpty ? status.stopped : this.#words(), this.isEmpty);
  }

  /** Puts it on the board, for the sidebar and the preview. */
  #post(plan: LivePlan, running: RunningLive, engine: Engine, pair: NextPair, send: Send): RegisteredJob {
    const { node, label } = plan.source;
    const run = (): Run | undefined => this.#runs.get(node);
    const { node: stage, model } = plan.stages[0]!;
    return registerJob({
      node: editorId(this.node),
      stage: editorId(this.RED.nodes.getNode(stage) ?? { id: stage }),
      label,
      model,
      file: null,
      state: () => ({ is: 'live', progress: run()?.progress ?? null }),
      control: () => void (run()?.running === running && this.#stop(run()!, send)),
      pair,
      preview: () => engine.ask('preview', { job: running.id }),
    });
  }

  #close(run: Run): void {
    run.posted.remove();
    run.close();
    for (const { node } of run.plan.stages) stages.get(node)?.show(null);
  }

  #camera(run: Run, state: CameraState): void {
    run.camera.show(state);
    if (run.progress) run.progress = { ...run.progress, camera: state };
    if (state.is === 'running') {
      run.told.delete('camera');
    } else if (state.is === 'waiting' && !run.told.has('camera')) {
      run.told.add('camera');
      this.node.warn(state.message); // once for every time it goes away
    }
    if (run.progress || state.is !== 'connecting') this.show(this.#words());
  }

  #trouble(run: Run, error: RemasterError): void {
    run.isTroubled = true;
    this.show(error.code === 'ENGINE_CRASHED' ? status.starting : liveStatus.retrying);
    if (run.told.has(error.message)) return;
    run.told.add(error.message);
    this.node.warn(nodeError(error).message);
  }

  /** The target takes pictures again. */
  #well(run: Run): void {
    run.isTroubled = false;
    for (const what of run.told) if (what !== 'camera') run.told.delete(what);
  }

  #tell(run: Run, send: Send): void {
    const { plan, progress } = run;
    const { fps, out, cacheStats } = progress!;
    for (const { node } of plan.stages)
      stages.get(node)?.show({ stage: 'restoring', frame: out, total: null, share: null, fps, eta: null, cacheStats });
    send([
      null,
      {
        topic: plan.source.label,
        payload: null,
        progress: { job: plan.id, stage: 'live', ...progress },
      },
    ]);
    this.show(run.isTroubled ? liveStatus.retrying : this.#words());
  }

  #words(): NodeStatus {
    const known = [...this.#runs.values()].flatMap(({ progress }) => progress ?? []);
    return known.length === 0 ? status.starting : liveStatus.live(known);
  }

  #name(label: string, job: LiveJob): string {
    const parts = placeholders({ label, scale: job.scale, model: job.model, codec: 'h264', now: new Date() });
    return fill(this.config.viewer || '{name}', { ...parts, name: label });
  }

  async #compose(
    plan: LivePlan,
    msg: NodeMessageInFlow,
  ): Promise<{ job: LiveJob; camera: DeployedCamera; engine: Engine }> {
    const { source, stage, model } = deployedNodes(plan);
    const camera = source.live;
    if (!camera) {
      throw new RemasterError('PLAN_STAGE_GONE', 'The plan is of a camera; its video in node opens files now.', {
        remedy: 'Deploy again.',
      });
    }
    if (stage.mask !== null || stage.maskColor !== null) {
      throw new RemasterError('BAD_SETTING', 'Holes are filled in files, not in what a camera sends.', {
        remedy: 'Leave the mask of the video upscale node empty.',
      });
    }
    const { deinterlace, maxFps, maxHeight, hwaccel } = plan.source;
    const job: LiveJob = {
      ...model,
      source: camera.source(),
      target: await this.#target(plan, msg),
      steps: stage.steps,
      order: stage.order,
      strength: stage.strength,
      noise: stage.noise,
      seed: stage.seed,
      colorFix: stage.colorFix,
      temporalDenoise: stage.temporalDenoise,
      scale: stage.scale,
      faces: stage.faces,
      minFace: stage.minFace,
      tileCache: stage.tileCache,
      tile: stage.tile,
      overlap: model.overlap,
      quality: integerIn(this.config.quality, 'Quality', 0, 51),
      budgetMs: integerIn(this.config.budget, 'Latency', 50, 60_000) ?? LIVE_DEFAULTS.budgetMs,
      overload: optionIn(this.config.overload ?? LIVE_DEFAULTS.overload, ['drop', 'adapt'], 'When too slow'),
      fallbackModel: this.config.fallbackModel?.trim() || null,
      skipFramesEvenly: this.config.skipFramesEvenly === true,
      region: regionIn(
        this.config.region,
        optionIn(this.config.regionWhen ?? 'always', ['always', 'slow'], 'Region is for'),
      ),
      deinterlace,
      maxFps,
      maxHeight,
      hwaccel,
    };
    const { batch: _, idleSeconds: __, ...plain } = job as LiveJob & typeof model;
    return { job: plain, camera, engine: engineFor(model) };
  }

  async #target(plan: LivePlan, msg: NodeMessageInFlow): Promise<LiveJob['target']> {
    const { config } = this;
    const target = optionIn(config.target ?? 'file', TARGETS, 'Target');
    switch (target) {
      case 'mjpeg':
        this.#needSite();
        return { kind: 'pictures' };
      case 'jpeg':
      case 'discard':
        return { kind: 'pictures' };
      case 'fragments':
        return { kind: 'fragments' };
      case 'hls':
        this.#needSite();
        return { kind: 'hls', folder: config.folder ? await this.#folder(plan, msg) : this.#ownFolder(plan) };
      case 'segments':
        return {
          kind: 'segments',
          folder: await this.#folder(plan, msg),
          name: slug(plan.source.label),
          seconds: integerIn(config.length, 'Length', 2, 86_400) ?? RECORDING,
          keep: {
            count: integerIn(config.keepCount, 'Files to keep', 1, 1e6),
            hours: numberIn(config.keepHours, 'Hours to keep', 0.01, 1e6),
            bytes: gigabytes(numberIn(config.keepBytes, 'Gigabytes to keep', 0.001, 1e6)),
          },
        };
      case 'push': {
        const { username = '', password = '' } = (this.node.credentials ?? {}) as Credentials;
        const server = { value: config.server ?? '', type: config.serverType === 'env' ? 'env' : 'str' };
        const address = textOf(await evaluate(this.RED, this.node, server, msg), 'Server');
        return { kind: 'push', address, username: username || null, password: password || null };
      }
      case 'file':
        throw new RemasterError('BAD_SETTING', 'A camera has no end, so it does not go into a file.', {
          remedy: 'Choose another target in the video out node: recordings, for example.',
        });
    }
  }

  async #folder(plan: LivePlan, msg: NodeMessageInFlow): Promise<string> {
    const { RED, config } = this;
    const typed = { value: config.folder, type: config.folderType };
    const parts = placeholders({ label: plan.source.label, scale: null, model: '', codec: 'h264', now: new Date() });
    const where = fill(textOf((await evaluate(RED, this.node, typed, msg)) ?? '', 'Folder'), {
      ...parts,
      name: slug(plan.source.label),
    });
    if (where === '')
      throw new RemasterError('BAD_SETTING', 'No folder is named.', { remedy: 'Name one in the video out node.' });
    const rules = pathRules(RED.settings, 'remasterOutAllowedFolders');
    return allowedTarget(inFolder(rules.base, where), originOf(typed), rules);
  }

  /** A folder that goes with the job. One per camera, and the same while it runs. */
  #ownFolder(plan: LivePlan): string {
    const before = this.#runs.get(plan.source.node);
    const kept = before && (JSON.parse(before.key) as LiveJob).target;
    return kept?.kind === 'hls' ? kept.folder : mkdtempSync(join(tmpdir(), 'remaster-live-'));
  }

  #needSite(): void {
    if ((this.RED.httpNode as unknown) !== undefined) return;
    throw new RemasterError('BAD_SETTING', 'This Node-RED serves no pages of flows (httpNodeRoot is false).', {
      remedy: 'Set httpNodeRoot in settings.js, or choose another target.',
    });
  }
}

/** Seconds of one recording. */
const RECORDING = 300;

const gigabytes = (value: number | null): number | null => (value === null ? null : Math.round(value * 1e9));

/** Bytes that came over from the engine, as nodes know them. */
const bytes = ({ data }: LiveJpeg): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

const countsOf = ({ progress }: Run) => ({
  framesIn: progress?.in ?? 0,
  framesOut: progress?.out ?? 0,
  dropped: progress?.dropped ?? 0,
});

function wordsOf(run: Run | null, language: Language): string {
  const words = WORDS[language];
  const progress = run?.progress;
  if (!progress) return words.starting;
  if (progress.camera.is === 'connecting') return words.connecting;
  if (progress.camera.is === 'waiting') return progress.camera.message;
  const { width, height, fps, latency, dropped } = progress;
  const parts = [
    width === null ? null : `${width}×${height}`,
    fps === null ? null : `${status.brief(fps)} fps`,
    latency === null ? null : `${latency.p50} ms`,
    dropped === 0 ? null : `${Math.round(progress.dropShare * 100)} % ${words.dropped}`,
  ];
  return parts.filter((part) => part !== null).join(' · ') || words.starting;
}

const WORDS = {
  en: { starting: 'starting', connecting: 'connecting', dropped: 'dropped' },
  de: { starting: 'beginnt', connecting: 'verbindet', dropped: 'ausgelassen' },
} as const;
