import { basename, resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { underFields } from '../../src/presets/withPreset';
import { checkReading, JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { INPUT_ROWS } from '../../src/settings/videoRows';
import { dialogValues } from '../message/dialogValues';
import { allowedSource, pathRules, type PathRules } from '../message/pathPolicy';
import { presetFor } from '../message/presets';
import { PLAN_VERSION, type Plan } from '../message/plan';
import { SAMPLE } from '../message/sampleClip';
import { evaluate, originOf, type Typed, typedField } from '../message/typedInput';
import { trimOf } from '../message/trimOf';
import { fileSettings, LABELS } from './readSettings';
import { ROWS } from './rows';

/** The settings of a video in node with a file. */
export interface FileConfig extends NodeDef {
  readonly source: 'file' | 'sample';
  readonly path: string;
  readonly pathType: string;
  readonly preset?: string;
  readonly trimStart: string;
  readonly trimStartType: string;
  readonly trimEnd: string;
  readonly trimEndType: string;
}

/** A message may name a preset, or have one. */
type Presettable = NodeMessage & { readonly preset?: unknown };

/** The file of a video in node. */
export class FileIn {
  readonly isSample: boolean;
  readonly #path: Typed;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: FileConfig,
  ) {
    this.isSample = config.source === 'sample';
    this.#path = typedField(config, 'path', 'filename', 'msg');
  }

  /** The path in the node's settings; null if messages provide it. */
  get ownPath(): string | null {
    if (this.isSample) return SAMPLE;
    const { value, type } = this.#path;
    if (originOf(this.#path) === 'message') return null;
    const path: unknown = this.RED.util.evaluateNodeProperty(value, type, this.node, {});
    return typeof path === 'string' ? resolve(this.#rules.base, path) : null;
  }

  /** The path for this message, as given; undefined if the message has none. */
  async pathFor(msg: NodeMessage): Promise<unknown> {
    return this.isSample ? SAMPLE : evaluate(this.RED, this.node, this.#path, msg);
  }

  /** The plan for a path that `pathFor` has returned. `onProbe`: the settings are valid, and the file is read now. */
  async planFor(msg: NodeMessage, path: unknown, onProbe: () => void): Promise<Plan> {
    const { RED, node, config } = this;
    const input = await allowedSource(path, this.isSample ? 'config' : originOf(this.#path), this.#rules);
    const valueOf = (field: string): Promise<unknown> => evaluate(RED, node, typedField(config, field, '', 'str'), msg);
    const trim = trimOf(await valueOf('trimStart'), await valueOf('trimEnd'));
    const preset = await presetFor(RED, (msg as Presettable).preset ?? config.preset);
    const fields = { ...fileSettings(config), ...dialogValues({ sequenceRate: ROWS.sequenceRate }, config, LABELS) };
    const { sequenceRate, ...reading } = underFields(INPUT_ROWS, fields, preset);
    checkReading(reading);
    onProbe();
    const info = await engineFor(JOB_DEFAULTS).ask('probe', { input, sequenceRate });
    const place = { node: node.id, label: basename(String(path)), path: input };
    const source = { ...place, info, trim, sequenceRate, ...reading };
    const id = RED.util.generateId();
    return { version: PLAN_VERSION, id, kind: 'file', source, stages: [], ...(preset && { preset }) };
  }

  get #rules(): PathRules {
    return pathRules(this.RED.settings, 'remasterInAllowedFolders');
  }
}
