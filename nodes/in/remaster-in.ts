import { basename, resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import type { SourceSummary } from '../../src/engine/protocol';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { actionOf } from '../message/actions';
import { CREDENTIALS } from '../message/credentials';
import { nodeError } from '../message/nodeError';
import { allowedSource, pathRules, type PathRules } from '../message/pathPolicy';
import { PLAN_VERSION, type Plan } from '../message/plan';
import { dialogValues } from '../message/dialogValues';
import { SAMPLE } from '../message/sampleClip';
import * as status from '../message/status';
import { evaluate, originOf, typedField } from '../message/typedInput';
import { trimOf } from '../message/trimOf';
import { runtimeOf } from '../runtime';
import { startCameras, isLiveConfig, cameraIn, type LiveConfig } from './cameraIn';
import { LABELS, readSettings } from './readSettings';
import { ROWS } from './rows';

interface Config extends NodeDef, Omit<LiveConfig, 'source'> {
  readonly source: 'file' | 'sample' | LiveConfig['source'];
  readonly path: string;
  readonly pathType: string;
  readonly trimStart: string;
  readonly trimStartType: string;
  readonly trimEnd: string;
  readonly trimEndType: string;
}

export default function remasterIn(RED: NodeAPI): void {
  startCameras(RED);

  function RemasterIn(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    if (isLiveConfig(config)) return cameraIn(RED, this, config);
    const path = typedField(config, 'path', 'filename', 'msg');
    const trimStart = typedField(config, 'trimStart', '', 'str');
    const trimEnd = typedField(config, 'trimEnd', '', 'str');
    const isSample = config.source === 'sample';
    const rules = (): PathRules => pathRules(RED.settings, 'remasterInAllowedFolders');
    let isClosed = false;
    let turn = Promise.resolve();

    /** The path in the node's settings; null if messages provide it. */
    const ownPath = (): string | null => {
      if (isSample) return SAMPLE;
      if (originOf(path) === 'message') return null;
      const value: unknown = RED.util.evaluateNodeProperty(path.value, path.type, this, {});
      return typeof value === 'string' ? resolve(rules().base, value) : null;
    };
    const unregister = runtimeOf(RED).nodes.registerIn(this.id, {
      names: (file) => file === ownPath(),
      isSample,
      camera: null,
    });
    this.on('close', () => {
      isClosed = true;
      unregister();
    });
    this.status(status.idle);

    this.on('input', (msg, send, done) => {
      if ((actionOf(msg) ?? 'start') !== 'start') {
        send(msg); // controls the job of the video out node
        done();
        return;
      }
      // in sequence: messages leave in the order they arrived
      turn = turn.then(() => open(msg, send, done));
    });

    const open = async (msg: NodeMessageInFlow, send: (msg: NodeMessage) => void, done: (error?: Error) => void) => {
      if (isClosed) return;
      try {
        const value = isSample ? SAMPLE : await evaluate(RED, this, path, msg);
        if (value === undefined && actionOf(msg) === 'start') {
          send(msg); // without a file: starts the job that was stopped or paused
          done();
          return;
        }
        const plan = await planFor(msg, value);
        if (isClosed) return;
        this.status(status.source(plan.source.info));
        send(Object.assign(msg, { video: plan, payload: summary(plan.source) }));
        done();
      } catch (error) {
        if (isClosed) return;
        this.status(status.failed(error));
        done(nodeError(error));
      }
    };

    const planFor = async (msg: NodeMessageInFlow, value: unknown): Promise<Plan> => {
      const origin = isSample ? 'config' : originOf(path);
      const file = await allowedSource(value, origin, rules());
      const trim = trimOf(await evaluate(RED, this, trimStart, msg), await evaluate(RED, this, trimEnd, msg));
      const reading = readSettings(config);
      this.status(status.probing);
      const { sequenceRate } = dialogValues({ sequenceRate: ROWS.sequenceRate }, config, LABELS);
      const info = await engineFor(JOB_DEFAULTS).ask('probe', { input: file, sequenceRate });
      return {
        version: PLAN_VERSION,
        id: RED.util.generateId(),
        kind: 'file',
        source: {
          node: this.id,
          label: basename(String(value)),
          path: file,
          info,
          trim,
          sequenceRate,
          ...reading,
        },
        stages: [],
      };
    };
  }
  RED.nodes.registerType('remaster-in', RemasterIn, {
    credentials: CREDENTIALS,
    settings: { remasterInAllowedFolders: { value: undefined, exportable: false } },
  });
}

/** For Debug nodes and users. */
const summary = ({
  label,
  path,
  info,
}: Plan['source']): { readonly text: string } & SourceSummary & { file: string; path: string } => ({
  text: [
    label,
    `${info.width}x${info.height}`,
    info.fps === null ? null : `${Math.round(info.fps * 1000) / 1000} fps`,
    info.duration === null ? null : status.clock(info.duration),
    info.codec,
    info.bitDepth > 8 ? `${info.bitDepth} bit` : null,
    info.interlaced ? 'interlaced' : null,
    info.audio ? null : 'no audio',
  ]
    .filter((part) => part !== null)
    .join(', '),
  file: label,
  path,
  ...info,
});
