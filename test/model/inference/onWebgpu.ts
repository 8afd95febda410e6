import { openReference } from '../../../bench/reference';
import { planFor } from '../../../src/model/bundle/samplerPlan';
import { loadModel } from '../../../src/model/inference/loadedModel';
import { loadRuntime } from '../../../src/model/inference/runtime';
import { noiseField } from '../../../src/sampler/noise';
import { openBundle } from '../../support/openBundle';

/**
 * Runs the bundles named on the command line, as FOLDER:STEPS, on the WebGPU provider and with the reference on the CPU, and
 * prints the largest difference of each in 8-bit steps. A separate process, because the Vulkan driver is chosen at its start.
 */
async function main(): Promise<void> {
  const runtime = loadRuntime();
  for (const named of process.argv.slice(2)) {
    const [folder, steps] = [named.slice(0, named.lastIndexOf(':')), Number(named.slice(named.lastIndexOf(':') + 1))];
    const bundle = await openBundle(folder);
    const side = 8;
    const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => 128 + 100 * Math.sin(i / 17));
    const batch = () => ({ width: side, height: side, data: data.slice(), keys: [{ x: 0, y: 0, scene: 0, frame: 0 }] });
    const common = { strength: 1, depth: 8 } as const;
    const model = await loadModel(runtime, folder, {
      ...{ ...common, model: folder, provider: 'webgpu', device: 0, threads: 0, steps },
      ...{ order: null, colorFix: null },
    });
    const made = await model.run(batch(), model.noise({ noise: 'shared', seed: 7 }));
    const reference = await openReference(runtime, bundle);
    const wanted = await reference.run(batch(), {
      ...{ ...common, plan: planFor(bundle.manifest, steps), colorFix: bundle.manifest.colorFix },
      noise: noiseField({ mode: 'shared', seed: 7 }),
    });
    const worst = made.reduce((most, sample, i) => Math.max(most, Math.abs(sample - wanted[i]!)), 0);
    process.stdout.write(
      `${JSON.stringify({ system: bundle.manifest.system, provider: model.info.provider, worst })}\n`,
    );
    await reference.release();
    await model.release();
  }
}

void main();
