import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { RemasterError } from '../../src/errors';
import { parseAddress } from '../../src/settings/cameraAddress';
import { type LiveInput, type LiveSource, SOURCE_DEFAULTS } from '../../src/settings/liveJob';
import type { Job } from '../../src/settings/restoreJob';
import { actionOf } from '../message/actions';
import type { Credentials } from '../message/credentials';
import type { LivePlan } from '../message/livePlan';
import * as liveStatus from '../message/liveStatus';
import { nodeError } from '../message/nodeError';
import { register, sources } from '../message/nodeRegistry';
import { PLAN_VERSION } from '../message/plan';
import * as status from '../message/status';
import { integerIn, numberIn, optionIn } from '../message/typedInput';

/** What the editor saves for a video in node that opens a camera. */
export interface LiveConfig extends NodeDef {
  readonly source: 'address' | 'device' | 'pattern';
  readonly address?: string;
  readonly addressType?: string;
  readonly transport?: 'auto' | 'tcp' | 'udp';
  readonly device?: string;
  readonly size?: string;
  readonly rate?: string | number;
  readonly autostart?: boolean;
  readonly retryMin?: string | number;
  readonly retryMax?: string | number;
  readonly stall?: string | number;
  readonly deinterlace: Job['deinterlace'];
  readonly maxFps?: string | number;
  readonly maxHeight?: string | number;
  readonly hwaccel?: boolean;
}

export const isLiveConfig = (config: { readonly source: string }): config is LiveConfig =>
  ['address', 'device', 'pattern'].includes(config.source);
const PATTERN = { size: '320x180', rate: 10 };

/** Cameras that begin with the flow. */
const autostart = new Set<() => void>();

/** Begins cameras whenever flows start. Called once: a listener for each camera would be too many for Node-RED's events. */
export function startCameras(RED: NodeAPI): void {
  RED.events.on('flows:started', () => autostart.forEach((begin) => begin()));
}

/** A video in node with a camera. It opens nothing itself: whoever runs the job asks it for the address. */
export function cameraIn(RED: NodeAPI, node: Node, config: LiveConfig): void {
  const source = (): LiveSource => ({
    input: inputOf(RED, node, config),
    label: labelOf(RED, node, config),
    retryMin: numberIn(config.retryMin, 'Shortest wait', 0.1, 3600) ?? SOURCE_DEFAULTS.retryMin,
    retryMax: numberIn(config.retryMax, 'Longest wait', 0.1, 3600) ?? SOURCE_DEFAULTS.retryMax,
    stall: numberIn(config.stall, 'No picture for', 1, 600) ?? SOURCE_DEFAULTS.stall,
  });
  const live = {
    source,
    show: (state: Parameters<typeof liveStatus.camera>[0] | null) =>
      node.status(state === null ? status.idle : liveStatus.camera(state)),
  };
  const leave = register(sources, node.id, { names: () => false, isSample: false, live });
  node.status(status.idle);

  const open = (msg: NodeMessage, send: (msg: NodeMessage) => void, done: (error?: Error) => void): void => {
    try {
      const { label } = source();
      const video: LivePlan = {
        version: PLAN_VERSION,
        id: RED.util.generateId(),
        kind: 'live',
        source: {
          node: node.id,
          label,
          deinterlace: optionIn(config.deinterlace, ['auto', 'on', 'off'], 'Deinterlace'),
          maxFps: numberIn(config.maxFps, 'Frames per second', 0.01, 1000),
          maxHeight: integerIn(config.maxHeight, 'Lines', 16, 16_384),
          hwaccel: config.hwaccel === true ? 'auto' : 'off',
        },
        stages: [],
      };
      send(Object.assign(msg, { video, payload: { text: `${label}, live`, live: true, source: label } }));
      done();
    } catch (error) {
      node.status(status.failed(error));
      done(nodeError(error));
    }
  };
  node.on('input', (msg, send, done) => {
    const action = actionOf(msg);
    if (action === null || action === 'start' || action === 'restart') return open(msg, send, done);
    send(msg); // steers the job further down the wire
    done();
  });

  // after every deploy, since the nodes behind may be new; whoever runs this camera already goes on running it
  const begin = (): void =>
    open(
      { topic: config.name || undefined },
      (msg) => node.send(msg),
      (error) => error && node.error(error),
    );
  if (config.autostart !== false) autostart.add(begin);
  node.on('close', () => {
    autostart.delete(begin);
    leave();
  });
}

function inputOf(RED: NodeAPI, node: Node, config: LiveConfig): LiveInput {
  const size = config.size?.trim() || null;
  const rate = numberIn(config.rate, 'Pictures per second', 0.1, 1000);
  switch (config.source) {
    case 'pattern':
      return { kind: 'pattern', size: size ?? PATTERN.size, rate: rate ?? PATTERN.rate };
    case 'device':
      return { kind: 'device', device: config.device?.trim() ?? '', size, rate };
    case 'address': {
      const { username, password } = (node.credentials ?? {}) as Credentials;
      const transport = optionIn(config.transport ?? 'auto', ['auto', 'tcp', 'udp'], 'Transport');
      const { address, ...inside } = parseAddress(addressOf(RED, node, config));
      const isGiven = username !== undefined && username !== '';
      return {
        kind: 'address',
        address,
        username: isGiven ? username : inside.username,
        password: isGiven ? (password ?? null) : inside.password,
        transport,
      };
    }
  }
}

/** Never from a message: whoever can send one could make this machine call any other, with a password. */
function addressOf(RED: NodeAPI, node: Node, { address = '', addressType = 'str' }: LiveConfig): string {
  if (addressType === 'str') return address;
  const value: unknown = RED.util.evaluateNodeProperty(address, 'env', node, {});
  if (typeof value === 'string' && value !== '') return value;
  throw new RemasterError('BAD_SETTING', `The environment variable ${address} is not set.`, {
    remedy: 'Set it to the address of the camera.',
  });
}

function labelOf(RED: NodeAPI, node: Node, config: LiveConfig): string {
  if (config.name) return config.name;
  if (config.source === 'pattern') return 'test pattern';
  if (config.source === 'device') return config.device ?? 'camera';
  return parseAddress(addressOf(RED, node, config)).label;
}
