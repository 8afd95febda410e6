import { graphRoleDefect } from './graphRoles';
import type { Manifest } from './manifest';
import { maxSteps, planFor } from './samplerPlan';

/** Checks dependencies between fields, which a JSON schema cannot express. Returns the same as `validateManifest`. */
export function ruleDefect(manifest: Manifest): string | null {
  const { task, graphs, grid, start, scale, multiple, tile, defaultSteps, colorFix } = manifest;
  if ((start === 'encode') !== (graphs.encode !== undefined)) {
    return `is invalid in start: “${start}” ${start === 'encode' ? 'needs' : 'does not go with'} a graph “encode”`;
  }
  if ((graphs.decode !== undefined) !== (graphs.encode !== undefined)) {
    return 'is invalid in graphs: “encode” and “decode” go together';
  }
  if (start === 'bicubic' && (grid.factor !== 1 || grid.channels !== 3)) {
    return 'is invalid in grid: without an “encode” graph the sampler works on pixels, so factor must be 1 and channels 3';
  }
  if ((multiple * scale) % grid.factor !== 0) {
    return `is invalid in multiple: ${multiple} source pixels · scale ${scale} is not a multiple of the grid factor ${grid.factor}`;
  }
  if (tile.size % multiple !== 0) return `is invalid in tile.size: must be a multiple of ${multiple}`;
  if (task === 'face' && scale !== 1) return 'is invalid in scale: a face model must have scale 1';
  const takesMask = Object.values(graphs).some(({ inputs }) => 'mask' in inputs);
  if (takesMask !== (task === 'inpaint')) {
    return `is invalid in task: “${task}” ${takesMask ? 'does not go with' : 'needs'} a graph that takes a “mask”`;
  }
  if (task === 'inpaint' && scale !== 1) return 'is invalid in scale: an inpainting model must have scale 1';
  if (task === 'inpaint' && colorFix !== 'none') {
    return 'is invalid in colorFix: an inpainting model must have “none”, because masked pixels must not affect the result';
  }
  if (task === 'inpaint' && graphs.prompt) {
    return 'is invalid in graphs.prompt: an inpainting model cannot have one, because masked pixels must not affect the result';
  }
  if (tile.overlap >= tile.size) return 'is invalid in tile.overlap: must be less than tile.size';
  if (defaultSteps > maxSteps(manifest)) {
    return `is invalid in defaultSteps: this schedule has ${maxSteps(manifest)} steps at most`;
  }
  return graphRoleDefect(manifest) ?? scheduleDefect(manifest);
}

function scheduleDefect(manifest: Manifest): string | null {
  try {
    planFor(manifest, null);
    return null;
  } catch (error) {
    return `is invalid in schedule: ${error instanceof Error ? error.message : String(error)}`;
  }
}
