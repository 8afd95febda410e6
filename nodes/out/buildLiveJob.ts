import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { type Engine, engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import { checkLiveJob, type LiveJob } from '../../src/settings/liveJob';
import { underFields } from '../../src/presets/withPreset';
import { LIVE_ROWS } from '../../src/settings/table';
import { modelChoice } from '../../src/settings/restoreJob';
import { fillTemplate } from '../../src/settings/nameTemplate';
import { slug } from '../http/livePages';
import type { Credentials } from '../message/credentials';
import type { LivePlan } from '../message/livePlan';
import type { DeployedCamera } from '../message/nodeRegistry';
import { allowedTarget, pathRules } from '../message/pathPolicy';
import { deployedNodes, stageSettings } from '../message/resolvePlan';
import { evaluate, originOf, typedField } from '../message/typedInput';
import { runtimeOf } from '../runtime';
import { type OutConfig, settingsOf, stringIn, targetOf as nodeTarget } from './buildJob';
import { inFolder, placeholders } from './outputPath';
import { OWN_FOLDER } from './ownFolder';
import { regionIn } from './region';
import { LIVE } from './rows';

export interface BuiltLiveJob {
  readonly job: LiveJob;
  readonly camera: DeployedCamera;
  readonly engine: Engine;
}

interface Request {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly config: OutConfig;
  readonly plan: LivePlan;
  readonly msg: NodeMessageInFlow;
}

/** A live job from a plan and the settings of a video out node. Throws BAD_SETTING for one that no engine would start. */
export async function buildLiveJob(request: Request): Promise<BuiltLiveJob> {
  const { RED, config, plan } = request;
  const { source, stage, model } = deployedNodes(runtimeOf(RED).nodes, plan);
  const { camera } = source;
  if (!camera) {
    throw new RemasterError('PLAN_STAGE_GONE', 'The plan is for a camera, but its video in node opens files now.', {
      remedy: 'Deploy again.',
    });
  }
  if (stage.mask !== null || stage.maskColor !== null) {
    throw new RemasterError('BAD_SETTING', 'Inpainting is not available for live sources.', {
      remedy: 'Clear the mask of the video upscale node.',
    });
  }
  const { node: _in, label: _label, ...reading } = plan.source;
  const { mask: _m, maskColor: _c, maskTolerance: _t, maskGrow: _g, ...restoring } = stageSettings(stage);
  const { quality, hardware, overload, fallbackModel, skipFramesEvenly, budget, regionWhen } = settingsOf(LIVE, config);
  const live = { quality, hardware, overload, fallbackModel, skipFramesEvenly, budgetMs: budget };
  const job = checkLiveJob({
    ...modelChoice(model),
    ...reading,
    ...restoring, // with the model that was chosen
    overlap: model.overlap,
    source: camera.source(),
    target: await targetOf(request),
    ...underFields(LIVE_ROWS, live, plan.preset ?? null),
    preset: plan.preset?.name ?? null,
    region: regionIn(config.region, regionWhen),
  });
  return { job, camera, engine: engineFor(model) };
}

async function targetOf(request: Request): Promise<LiveJob['target']> {
  const { RED, config, plan } = request;
  const { length, keepCount, keepHours, keepBytes } = settingsOf(LIVE, config);
  switch (nodeTarget(config)) {
    case 'mjpeg':
      requireHttpNode(RED);
      return { kind: 'pictures' };
    case 'jpeg':
    case 'discard':
      return { kind: 'pictures' };
    case 'fragments':
      return { kind: 'fragments' };
    case 'hls':
      requireHttpNode(RED);
      return { kind: 'hls', folder: config.folder ? await folderOf(request) : OWN_FOLDER };
    case 'segments':
      return {
        kind: 'segments',
        folder: await folderOf(request),
        name: slug(plan.source.label),
        seconds: length,
        keep: { count: keepCount, hours: keepHours, bytes: keepBytes },
      };
    case 'push':
      return pushTarget(request);
    case 'file':
      throw new RemasterError('BAD_SETTING', 'A camera stream has no end, so it cannot be written to one file.', {
        remedy: 'Choose another target in the video out node, for example recordings.',
      });
  }
}

async function pushTarget({ RED, node, config, msg }: Request): Promise<LiveJob['target']> {
  const { username = '', password = '' } = (node.credentials ?? {}) as Credentials;
  const server = { value: config.server ?? '', type: config.serverType === 'env' ? 'env' : 'str' };
  const address = stringIn(await evaluate(RED, node, server, msg), 'Server');
  return { kind: 'push', address, username: username || null, password: password || null };
}

async function folderOf({ RED, node, config, plan, msg }: Request): Promise<string> {
  const typed = typedField(config, 'folder', '', 'str');
  const parts = placeholders({ label: plan.source.label, scale: null, model: '', codec: 'h264', now: new Date() });
  const template = stringIn((await evaluate(RED, node, typed, msg)) ?? '', 'Folder');
  const folder = fillTemplate(template, { ...parts, name: slug(plan.source.label) });
  if (folder === '')
    throw new RemasterError('BAD_SETTING', 'The folder is empty.', { remedy: 'Enter a folder in the video out node.' });
  const rules = pathRules(RED.settings, 'remasterOutAllowedFolders');
  return allowedTarget(inFolder(rules.base, folder), originOf(typed), rules);
}

function requireHttpNode(RED: NodeAPI): void {
  if ((RED.httpNode as unknown) !== undefined) return;
  throw new RemasterError('BAD_SETTING', 'This Node-RED serves no HTTP pages of flows (httpNodeRoot is false).', {
    remedy: 'Set httpNodeRoot in settings.js, or choose another target.',
  });
}
