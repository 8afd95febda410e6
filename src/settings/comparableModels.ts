/** An installed model, as known without loading it. */
export interface InstalledModel {
  readonly name: string;
  readonly title: string;
  readonly task: string;
  readonly scale: number;
  readonly steps: number;
  readonly bytes: number;
  readonly isResearch: boolean;
  /** Null when it can be used. */
  readonly problem: object | null;
}

/** A model and its steps, as one of several that are compared. */
export interface ComparedModel {
  /** `x4`, or `x4 · 1` where the steps are not the model's own. */
  readonly name: string;
  /** A name, or the path of a folder. */
  readonly model: string;
  /** Null = those of the model. */
  readonly steps: number | null;
  /** For which sources it is. */
  readonly title: string;
}

/** The wishes for a result. */
export interface ResultWants {
  /** Output side ÷ source side; null = that of the model. */
  readonly scale: number | null;
  readonly isMasked: boolean;
}

/** The model `first`, then the others that are meant for use and can do the scale and the task; each also with one step. */
export function comparableModels<M extends InstalledModel>(
  models: readonly M[],
  first: string,
  { scale, isMasked }: ResultWants,
): readonly (ComparedModel & { readonly of: M })[] {
  const tasks = isMasked ? ['inpaint'] : ['upscale', 'restore'];
  const usable = models.filter(
    (one) =>
      one.name === first || (!one.problem && !one.isResearch && tasks.includes(one.task) && (scale ?? 0) <= one.scale),
  );
  const sorted = usable.toSorted((a, b) => Number(b.name === first) - Number(a.name === first));
  return sorted.flatMap((of) => {
    const { name, steps, title } = of;
    const own = { name, model: name, steps: null, title, of };
    // What several steps are worth is seen beside one.
    return steps === 1 ? [own] : [{ ...own, name: `${name} · 1`, steps: 1 }, own];
  });
}
