import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/root';
import type { FlowNode } from './nodeRed';

const EXAMPLES = join(root, 'examples/flows');

export const exampleNames = readdirSync(EXAMPLES).filter((name) => name.endsWith('.json'));
export const example = (name: string): FlowNode[] =>
  JSON.parse(readFileSync(join(EXAMPLES, name), 'utf8')) as FlowNode[];

export const place = { x: 100, y: 100 };

/** A Function node that reports every message to the test. */
export const reporter = (id: string, z = 'tab'): FlowNode => ({
  id,
  type: 'function',
  z,
  func: `global.get('report')('${id}', JSON.parse(JSON.stringify(msg))); return null;`,
  outputs: 0,
  wires: [],
  ...place,
});

export const inject = (
  id: string,
  to: readonly string[],
  props: Readonly<Record<string, string>> = {},
  z = 'tab',
): FlowNode => ({
  id,
  type: 'inject',
  z,
  props: Object.entries(props).map(([p, v]) => ({ p, v, vt: 'str' })),
  repeat: '',
  once: false,
  wires: [to],
  ...place,
});

export const model = (changes: object = {}): FlowNode => ({
  id: 'model',
  type: 'remaster-model',
  name: '',
  model: 'x4',
  modelType: 'bundle',
  provider: 'cpu',
  device: 0,
  threads: 0,
  tile: '',
  batch: '1', // as slow as frame by frame, so that there is time to interrupt
  idle: 60,
  preload: false,
  ...changes,
});

export const videoIn = (changes: object = {}, to: readonly string[] = ['up'], z = 'tab'): FlowNode => ({
  id: 'in',
  type: 'remaster-in',
  z,
  name: '',
  source: 'file',
  path: 'filename',
  pathType: 'msg',
  trimStart: '',
  trimStartType: 'str',
  trimEnd: '',
  trimEndType: 'str',
  deinterlace: 'auto',
  wires: [to],
  ...place,
  ...changes,
});

export const upscale = (changes: object = {}, to: readonly string[] = ['out'], z = 'tab'): FlowNode => ({
  id: 'up',
  type: 'remaster-upscale',
  z,
  name: '',
  model: 'model',
  steps: '1',
  stepsType: 'num',
  strength: '1',
  strengthType: 'num',
  noise: 'shared',
  seed: '1',
  seedType: 'num',
  wires: [to],
  ...place,
  ...changes,
});

export const videoOut = (changes: object = {}, z = 'tab'): FlowNode => ({
  id: 'out',
  type: 'remaster-out',
  z,
  name: '',
  filename: '{name}_x{scale}.{ext}',
  filenameType: 'str',
  folder: 'made', // not the id of a node: Node-RED renames those inside subflows
  folderType: 'str',
  overwrite: 'never',
  codec: 'h264',
  quality: '',
  audio: 'copy',
  extras: true,
  resume: true,
  wires: [['result'], ['progress']],
  ...place,
  ...changes,
});

/** The usual chain with reporters for results, progress, errors and completions. */
export const chain = (changes: { in?: object; up?: object; out?: object; model?: object } = {}): FlowNode[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  model(changes.model),
  inject('go', ['in']),
  videoIn(changes.in),
  upscale(changes.up),
  videoOut(changes.out),
  reporter('result'),
  reporter('progress'),
  { id: 'catch', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']], ...place },
  reporter('caught'),
  { id: 'complete', type: 'complete', z: 'tab', scope: ['out'], uncaught: false, wires: [['completed']], ...place },
  reporter('completed'),
];

export const image = (changes: object = {}): FlowNode => ({
  id: 'image',
  type: 'remaster-image',
  z: 'tab',
  name: '',
  model: 'model',
  ...{ property: 'payload', propertyType: 'msg', output: 'payload', format: 'auto', quality: '90' },
  ...{ scale: '', scaleType: 'num', steps: '1', stepsType: 'num', queue: '1', full: 'oldest', maxAge: '' },
  ...{ megapixels: '10', keep: false, files: false, drops: true, outputs: 2 },
  wires: [['result'], ['dropped']],
  ...place,
  ...changes,
});

export const func = (id: string, code: string, to: readonly string[]): FlowNode => ({
  id,
  type: 'function',
  z: 'tab',
  func: code,
  outputs: 1,
  wires: [to],
  ...place,
});

export const frames = (changes: object = {}): FlowNode => ({
  id: 'frames',
  type: 'remaster-frames',
  z: 'tab',
  name: '',
  ...{ pick: 'every', every: '10', fps: '1', times: '', timesType: 'str', width: '', format: 'png', quality: '90' },
  ...{ flow: 'rate', rate: '100', most: '1' },
  wires: [['output']],
  ...place,
  ...changes,
});
