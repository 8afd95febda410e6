import type { InferenceSession } from 'onnxruntime-node';
import type { Provider } from './providers';
import { isSingleColour } from './smoothImage';

/** Tests a provider with the smooth image. */
export interface ModelProbe {
  /** Throws if the provider does not compute the model. */
  probe(session: InferenceSession, provider: Provider): Promise<void>;
  /** What the last provider that was tested has made of the image. */
  result(): Uint8Array;
}

/** `run`: the result of the image. `openOnCpu`: the caller of it releases the session. */
export function modelProbe(
  run: (session: InferenceSession) => Promise<Uint8Array>,
  openOnCpu: () => Promise<InferenceSession>,
): ModelProbe {
  let last: Uint8Array = new Uint8Array();

  const isModelsOwn = async (): Promise<boolean> => {
    const cpu = await openOnCpu();
    try {
      return isSingleColour(await run(cpu));
    } finally {
      await cpu.release();
    }
  };

  return {
    async probe(session, provider) {
      last = await run(session);
      // Broken drivers make black images. What the CPU makes, too, is the model's own: it is only warned of.
      if (provider === 'cpu' || !isSingleColour(last) || (await isModelsOwn())) return;
      throw new Error('the result of a test image is a single colour');
    },
    result: () => last,
  };
}
