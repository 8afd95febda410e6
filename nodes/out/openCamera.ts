import type { Node, NodeAPI, NodeStatus } from 'node-red';
import { singleFlight } from '../../src/async/singleFlight';
import type { RunningLive } from '../../src/engine/client/liveClient';
import { FrameBroadcast } from '../http/frameBroadcast';
import { editorId, type JobEntry, type RegisteredJob } from '../jobs/jobRegistry';
import type { Input } from '../message/input';
import type { LivePlan } from '../message/livePlan';
import { UpscaleStatus } from '../message/upscaleStatus';
import { runtimeOf } from '../runtime';
import { type OutConfig, targetOf } from './buildJob';
import type { BuiltLiveJob } from './buildLiveJob';
import { LiveMessages } from './liveMessages';
import { LiveReports } from './liveReports';
import { inOwnFolder } from './ownFolder';
import { pageName, publishCamera } from './publishCamera';

/** The video out node of a camera. */
export interface CameraHost {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly config: OutConfig;
  /** Shows this status; without one, the summary of all cameras. */
  readonly showStatus: (next?: NodeStatus) => void;
}

/** What a camera is started with. */
interface CameraRequest {
  readonly plan: LivePlan;
  readonly built: BuiltLiveJob;
  /** Made for this job alone; null: its settings name one, or it needs none. */
  readonly folder: string | null;
  readonly input: Input;
  /** The user stops the camera in the sidebar. */
  readonly onStop: () => void;
}

/** A camera in its engine, on its page and in the list of jobs. */
export interface OpenCamera {
  readonly running: RunningLive;
  readonly registered: RegisteredJob;
  readonly broadcast: FrameBroadcast;
  readonly reports: LiveReports;
  readonly messages: LiveMessages;
  /** Of its page, for the result. */
  readonly urls: Readonly<Record<string, string>>;
  /** Removes the camera from its page, from the list and from its upscale node. The engine goes on. */
  readonly close: () => void;
}

/** Throws if the name of the page has an unknown placeholder, or no engine starts; then nothing is published. */
export function openCamera(host: CameraHost, request: CameraRequest): OpenCamera {
  const { RED, node, config, showStatus } = host;
  const { plan, built, input } = request;
  const { engine, camera } = built;
  const job = inOwnFolder(built.job, request.folder);
  const name = pageName(config, plan.source.label, job);
  const { variables } = runtimeOf(RED);
  const messages = new LiveMessages(RED, plan, input);
  const upscaleStatus = new UpscaleStatus(runtimeOf(RED).nodes);
  const stage = plan.stages[0]!.node;
  const { label } = plan.source;
  const reports = new LiveReports({ node, label, showStatus, camera, upscaleStatus, stage, messages, variables });
  const broadcast = new FrameBroadcast((newerThan) => running.requestJpeg({ newerThan }));
  const pair = singleFlight(() => engine.ask('pair', { job: running.id }));
  const running: RunningLive = engine.live(job, {
    ...reports.listeners,
    onJpeg(jpeg) {
      broadcast.show(jpeg);
      if (!sendsJpegs(config) || reports.isOver) return;
      messages.jpeg(jpeg);
      running.requestJpeg({ newerThan: jpeg.index });
    },
    onFragment: (fragment) => messages.fragment(fragment),
    onFile: (filename) => messages.file(filename),
  });
  const progress = () => reports.progress;
  const page = publishCamera(RED, config, name, { label, job, broadcast, pair, progress });
  const registered = runtimeOf(RED).jobs.register(entryOf(host, request, { running, reports, pair, urls: page.urls }));
  const close = (): void => {
    registered.remove();
    page.close();
    broadcast.close(); // a camera without a page has one, too
    upscaleStatus.clear();
  };
  return { running, registered, broadcast, reports, messages, urls: page.urls, close };
}

/** Whether each frame becomes a message. */
export const sendsJpegs = (config: OutConfig): boolean => targetOf(config) === 'jpeg';

function entryOf(
  { RED, node }: CameraHost,
  { plan, built, onStop }: CameraRequest,
  { running, reports, pair, urls }: Pick<OpenCamera, 'running' | 'reports' | 'urls'> & Pick<JobEntry, 'pair'>,
): JobEntry {
  const [stage] = plan.stages;
  return {
    node: editorId(node),
    stage: editorId(RED.nodes.getNode(stage!.node) ?? { id: stage!.node }),
    label: plan.source.label,
    model: stage!.model,
    file: null,
    state: () => ({ is: 'live', progress: reports.progress }),
    ...(urls['page'] !== undefined && { page: urls['page'] }),
    control: onStop,
    pair,
    preview: () => built.engine.ask('preview', { job: running.id }),
  };
}
