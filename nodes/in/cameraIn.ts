import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { RemasterError } from '../../src/errors';
import { parseAddress } from '../../src/settings/cameraAddress';
import type { LiveInput, LiveSource } from '../../src/settings/liveJob';
import type { Preset } from '../../src/presets/preset';
import { underFields } from '../../src/presets/withPreset';
import { LIVE_ROWS } from '../../src/settings/table';
import { INPUTS } from '../../src/settings/liveRows';
import { actionOf } from '../message/actions';
import type { Credentials } from '../message/credentials';
import type { LivePlan } from '../message/livePlan';
import * as liveStatus from '../message/liveStatus';
import { nodeError } from '../message/nodeError';
import { PLAN_VERSION } from '../message/plan';
import * as status from '../message/status';
import { presetFor } from '../message/presets';
import { dialogValues } from '../message/dialogValues';
import { runtimeOf } from '../runtime';
import { cameraSettings, LABELS } from './readSettings';
import { ROWS } from './rows';

/** The settings of a video in node with a camera. */
export interface LiveConfig extends NodeDef {
  readonly source: 'address' | 'device' | 'pattern';
  readonly address?: string;
  readonly addressType?: string;
  readonly device?: string;
  readonly preset?: string;
  readonly size?: string;
}

const { retryMin, retryMax, stall } = ROWS;

export const isLiveConfig = (config: { readonly source: string }): config is LiveConfig =>
  ['address', 'device', 'pattern'].includes(config.source);

/**
 * Starts cameras whenever flows start, and stops those whose node is gone. One listener for all: one per camera would exceed
 * the emitter's listener limit.
 */
export function startCameras(RED: NodeAPI): void {
  const { autostartCameras, cameraOwners } = runtimeOf(RED);
  RED.events.on('flows:started', () => {
    for (const stopOrphans of cameraOwners) stopOrphans();
    for (const start of autostartCameras) start();
  });
}

/** A video in node with a camera. It opens no connection: the node that runs the job reads the address from it. */
export function cameraIn(RED: NodeAPI, node: Node, config: LiveConfig): void {
  const { nodes, autostartCameras, variables } = runtimeOf(RED);
  const source = (): LiveSource => ({
    input: inputOf(RED, node, config),
    label: labelOf(RED, node, config),
    ...dialogValues({ retryMin, retryMax, stall }, config, LABELS),
  });
  let shown = '';
  const isAutostart = dialogValues({ autostart: ROWS.autostart }, config, LABELS).autostart;
  const camera = {
    source,
    isAutostart,
    show(state: Parameters<typeof liveStatus.camera>[0] | null) {
      const next = state === null ? status.idle : liveStatus.camera(state);
      if (shown !== JSON.stringify(next)) node.status(next);
      shown = JSON.stringify(next);
    },
  };
  const unregister = nodes.registerIn(node.id, { names: () => false, isSample: false, camera });
  node.status(status.idle);

  let isClosed = false;
  const open = async (
    msg: NodeMessage,
    send: (msg: NodeMessage) => void,
    done: (error?: Error) => void,
  ): Promise<void> => {
    try {
      const { label } = source();
      const preset = await presetFor(RED, (msg as { readonly preset?: unknown }).preset ?? config.preset);
      if (isClosed) return done();
      const video = planOf(RED, node, label, config, preset);
      send(Object.assign(msg, { video, payload: { text: `${label}, live`, live: true, source: label } }));
      done();
    } catch (error) {
      node.status(status.failed(error));
      done(nodeError(error));
    }
  };
  node.on('input', (msg, send, done) => {
    const action = actionOf(msg);
    if (action === null || action === 'start' || action === 'restart')
      return void open(msg, send, variables.done(done));
    send(msg); // controls the job of the video out node
    done();
  });

  // after every deploy, because the next nodes may be new; a job that runs this camera already continues
  const start = (): void =>
    void open(
      { topic: config.name || undefined },
      (msg) => node.send(msg),
      variables.done((error) => error && node.error(error)),
    );
  if (isAutostart) autostartCameras.add(start);
  node.on('close', () => {
    isClosed = true;
    autostartCameras.delete(start);
    unregister();
  });
}

const planOf = (RED: NodeAPI, node: Node, label: string, config: LiveConfig, preset: Preset | null): LivePlan => ({
  ...{ version: PLAN_VERSION, id: RED.util.generateId(), kind: 'live' },
  source: { node: node.id, label, ...underFields(LIVE_ROWS, cameraSettings(config), preset) },
  stages: [],
  ...(preset && { preset }),
});

function inputOf(RED: NodeAPI, node: Node, config: LiveConfig): LiveInput {
  const size = config.size?.trim() || null;
  switch (config.source) {
    case 'pattern':
      return {
        kind: 'pattern',
        size: size ?? INPUTS.pattern.size.default,
        ...dialogValues({ rate: INPUTS.pattern.rate }, config, LABELS),
      };
    case 'device':
      return {
        kind: 'device',
        device: config.device?.trim() ?? '',
        size,
        ...dialogValues({ rate: ROWS.rate }, config, LABELS),
      };
    case 'address': {
      const { username, password } = (node.credentials ?? {}) as Credentials;
      const { transport } = dialogValues({ transport: ROWS.transport }, config, LABELS);
      const { address, ...fromAddress } = parseAddress(addressOf(RED, node, config));
      const hasUsername = username !== undefined && username !== '';
      return {
        kind: 'address',
        address,
        username: hasUsername ? username : fromAddress.username,
        password: hasUsername ? (password ?? null) : fromAddress.password,
        transport,
      };
    }
  }
}

/** Never from a message: its sender could make this machine connect to any host, with a password. */
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
