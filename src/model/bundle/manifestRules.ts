import { graphRoleDefect } from './graphRoles';
import type { Manifest } from './manifest';
import { maxSteps, planFor } from './samplerPlan';

/** Checks dependencies between fields, which a JSON schema cannot express. Returns the same as `validateManifest`. */
export function ruleDefect(manifest: Manifest): string | null {
  const { task, graphs, grid, start, scale, multiple, tile, defaultSteps, colorFix } = manifest;
  if ((start === 'encode') !== (graphs.encode !== undefined)) {
    return `is wrong in start: “${start}” ${start === 'encode' ? 'needs' : 'does not go with'} a graph “encode”`;
  }
  if ((graphs.decode !== undefined) !== (graphs.encode !== undefined)) {
    return 'is wrong in graphs: “encode” and “decode” go together';
  }
  if (start === 'bicubic' && (grid.factor !== 1 || grid.channels !== 3)) {
    return 'is wrong in grid: without an “encode” graph the walk is in pixels, so factor is 1 and channels is 3';
  }
  if ((multiple * scale) % grid.factor !== 0) {
    return `is wrong in multiple: ${multiple} source pixels · scale ${scale} are no whole number of cells of ${grid.factor}`;
  }
  if (tile.size % multiple !== 0) return `is wrong in tile.size: must be a multiple of ${multiple}`;
  if (task === 'face' && scale !== 1) return 'is wrong in scale: a model for faces has scale 1';
  const takesMask = Object.values(graphs).some(({ inputs }) => 'mask' in inputs);
  if (takesMask !== (task === 'inpaint')) {
    return `is wrong in task: “${task}” ${takesMask ? 'does not go with' : 'needs'} a graph that takes a “mask”`;
  }
  if (task === 'inpaint' && scale !== 1) return 'is wrong in scale: a model that fills holes has scale 1';
  if (task === 'inpaint' && colorFix !== 'none') {
    return 'is wrong in colorFix: a model that fills holes has “none”, for what lies under a hole is not to be seen';
  }
  if (task === 'face' && graphs.prompt) return 'is wrong in graphs.prompt: a model for faces sees no whole frame';
  if (task === 'inpaint' && graphs.prompt) {
    return 'is wrong in graphs.prompt: what lies under a hole is not to be seen';
  }
  if (tile.overlap >= tile.size) return 'is wrong in tile.overlap: must be less than tile.size';
  if (defaultSteps > maxSteps(manifest)) {
    return `is wrong in defaultSteps: this schedule has ${maxSteps(manifest)} steps at most`;
  }
  return graphRoleDefect(manifest) ?? scheduleDefect(manifest);
}

function scheduleDefect(manifest: Manifest): string | null {
  try {
    planFor(manifest, null);
    return null;
  } catch (error) {
    return `is wrong in schedule: ${error instanceof Error ? error.message : String(error)}`;
  }
}
