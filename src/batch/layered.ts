import { forCodec } from '../presets/withPreset';
import type { FileSettings } from '../settings/batchJob';

/** The settings of a file: those of its preset, and over them those of the whole batch. The only place that joins them. */
export const layered = (preset: FileSettings, batch: FileSettings): FileSettings => ({
  ...forCodec(preset, batch.codec),
  ...batch,
});
