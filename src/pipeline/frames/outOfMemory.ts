import { RemasterError } from '../../errors';

/** Whether a model failed because a tile did not fit into memory. */
export const isOutOfMemory = (error: unknown): error is RemasterError =>
  error instanceof RemasterError && error.code === 'GPU_OUT_OF_MEMORY';
