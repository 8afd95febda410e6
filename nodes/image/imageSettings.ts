import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { RemasterError } from '../../src/errors';
import { dialogValues, fieldsFor, labelsOf } from '../message/dialogValues';
import { ROWS } from './rows';

/** The settings of an image upscale node as the editor saves them. */
export interface ImageConfig extends NodeDef {
  readonly model: string;
  readonly property: string;
  readonly propertyType: string;
  /** Property of the message. */
  readonly output: string;
}

export type Settings = ReturnType<typeof settingsOf>;

const LABELS = labelsOf(__dirname, 'remaster-image');
const { steps, scale, ...FIXED } = ROWS;
/** Settings that a message may give. */
const PER_MESSAGE = { steps, scale };

/** The settings of the editor, validated once. */
export const settingsOf = (config: ImageConfig) => dialogValues(FIXED, config, LABELS);

/** Those for a message. */
export const settingsFor = async (RED: NodeAPI, node: Node, config: ImageConfig, msg: NodeMessage) =>
  dialogValues(PER_MESSAGE, await fieldsFor(RED, node, PER_MESSAGE, config, msg), LABELS);

/** The error of a dropped message, if the node rejects messages. */
export const dropError = (why: 'full' | 'old', { queue, maxAge }: Settings): RemasterError =>
  new RemasterError(
    'IMAGE_DROPPED',
    why === 'full' ? `The queue is full: ${queue} images are waiting.` : `The image waited longer than ${maxAge} ms.`,
    { remedy: 'Send fewer or smaller images, or increase the queue length.' },
  );
