import { resolve } from 'node:path';
import type { NodeAPI, NodeDef } from 'node-red';
import { checkBatch } from '../../src/batch/openBatch';
import { RemasterError } from '../../src/errors';
import type { BatchJob } from '../../src/settings/batchJob';
import { isHardwareCodec } from '../../src/settings/hardware';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { dialogValues, labelsOf } from '../message/dialogValues';
import type { DeployedModel } from '../message/nodeRegistry';
import { pathRules } from '../message/pathPolicy';
import { typedField } from '../message/typedInput';
import { FILE, ROWS } from './rows';

export interface BatchConfig extends NodeDef {
  /** Id of the model node. */
  readonly model: string;
  /** Files, folders and patterns, one a line. */
  readonly videos?: string;
  readonly out?: string;
  readonly filename?: string;
  readonly watch?: boolean;
  /** Name of a preset. */
  readonly preset?: string;
}

const LABELS = labelsOf(__dirname, 'remaster-batch');
const { watch, settle } = ROWS;

/**
 * The settings of the dialog. A field that has its default counts as not given, so that it is left to the preset of a file.
 * Throws BAD_SETTING.
 */
export function batchSettings(RED: NodeAPI, config: BatchConfig, model: DeployedModel): BatchJob {
  const { idleSeconds: _idle, runsOn, ...choice } = model;
  const { encoder, quality, hardware, ...file } = dialogValues(FILE, config, LABELS);
  const out = typedField(config, 'out', '', 'str').value.trim();
  if (out === '') {
    throw new RemasterError('BAD_SETTING', 'No folder is set for the results.', {
      remedy: 'Enter a folder in the video batch node.',
    });
  }
  const { base } = pathRules(RED.settings, 'remasterOutAllowedFolders');
  const isCustom = file.codec === 'custom';
  const given = {
    ...choice,
    ...{ queue: runsOn?.queue ?? null, mixed: runsOn?.mixed ?? false },
    ...file,
    ...(!isCustom && { quality }),
    ...(isHardwareCodec(file.codec) && { hardware }),
  };
  return checkBatch({
    ...dialogValues({ watch, settle }, config, LABELS),
    ...Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== DEFAULTS[name])),
    ...(isCustom && { encoder: encoder ?? '', quality: null }),
    out: resolve(base, out),
    name: typedField(config, 'filename', '{name}', 'str').value.trim() || '{name}',
  });
}

const DEFAULTS: Readonly<Record<string, unknown>> = JOB_DEFAULTS;

/** The inputs of the dialog, each as it was written. */
export const inputLines = (config: BatchConfig): readonly string[] =>
  typedField(config, 'videos', '', 'str')
    .value.split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
