import { basename } from 'node:path';
import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { RemasterError } from '../../src/errors';
import { ASSEMBLE_DEFAULTS, type AssembleJob, checkAssembleJob } from '../../src/settings/assembleJob';
import { runtimeOf } from '../runtime';
import { encoderSettings, type OutConfig, outputFile, settingsOf, targetOf } from './buildJob';
import { freeName } from './outputPath';
import { IMAGES } from './rows';

/** The video of an image in a message, from the settings of a video out node. */
export async function assembleJobOf(
  RED: NodeAPI,
  node: Node,
  config: OutConfig,
  msg: NodeMessageInFlow,
): Promise<AssembleJob> {
  if (targetOf(config) !== 'file') throw targetForCameras();
  const { overwrite, encoder, quality, hardware, pictureRate, ...rest } = settingsOf(IMAGES, config);
  const topic = typeof msg.topic === 'string' ? basename(msg.topic.replaceAll('\\', '/')) : '';
  const { scale } = (msg['image'] ?? {}) as { readonly scale?: unknown };
  const named = {
    label: topic || 'images',
    scale: typeof scale === 'number' ? scale : 1,
    model: 'images',
    codec: rest.codec,
  };
  const output = await outputFile(RED, node, config, msg, named, null);
  return checkAssembleJob({
    ...ASSEMBLE_DEFAULTS,
    output: overwrite === 'suffix' ? freeName(output, runtimeOf(RED).promisedOutputs) : output,
    overwrite: overwrite === 'always',
    ...rest,
    ...encoderSettings({ codec: rest.codec, encoder, quality, hardware }),
    fps: pictureRate,
  });
}

const targetForCameras = (): RemasterError =>
  new RemasterError(
    'BAD_SETTING',
    'Images are written to a video file, but the target of this video out node is for cameras.',
    { remedy: 'Choose the target “video file”.' },
  );
