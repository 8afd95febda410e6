import type { Bundle } from '../bundle/bundle';
import { fusedGraphs } from './fusedGraphs';

/** Tensors of features, and images at the size of the result, that are alive at the same time. */
const FEATURES = 4;
const IMAGES = 6;

/**
 * Estimated bytes that a tile takes in the graph, per source pixel: it has features as wide as its widest weights. Those of a
 * latent model are as large as the result, because its encoder and decoder begin and end there.
 */
export function tileMemory(bundle: Pick<Bundle, 'graphs' | 'manifest'>): number {
  const { scale, graphs } = bundle.manifest;
  const widest = fusedGraphs(bundle).flatMap(([, { graph }]) =>
    graph.initializer.map(({ dims }) => (dims.length < 2 ? 0 : Math.max(...dims.slice(0, 2).map(Number)))),
  );
  const isLatent = graphs.encode !== undefined || graphs.decode !== undefined;
  const features = widest.reduce((most, width) => Math.max(most, width), 3) * (isLatent ? scale ** 2 : 1);
  return 4 * (FEATURES * features + IMAGES * 3 * scale ** 2);
}
