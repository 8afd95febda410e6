import { RemasterError } from '../errors';
import type { ModelSummary } from '../model/bundle/modelLibrary';

/** A model and its steps, as one of several that are compared. */
export interface Try {
  /** `x4`, or `x4 · 1` where the steps are not the model's own. */
  readonly name: string;
  /** A name, or the path of a folder. */
  readonly model: string;
  /** Null = those of the model. */
  readonly steps: number | null;
  /** For which sources it is. */
  readonly title: string;
  /** It is tried however long it takes. */
  readonly isWanted: boolean;
}

/** The wishes for a result. */
interface Wants {
  /** Output side ÷ source side; null = that of the model. */
  readonly scale: number | null;
  readonly isMasked: boolean;
}

/**
 * What to try: `list` names it (`x2,x4:1`), or null: the model `first`, then the others that are meant for use and can do
 * the scale and the task.
 */
export function triesOf(
  models: readonly ModelSummary[],
  first: string,
  list: string | null,
  { scale, isMasked }: Wants = { scale: null, isMasked: false },
): readonly Try[] {
  if (list !== null) return namedTries(models, list);
  const tasks = isMasked ? ['inpaint'] : ['upscale', 'restore'];
  const usable = models.filter(
    (one) =>
      one.name === first || (!one.problem && !one.isResearch && tasks.includes(one.task) && (scale ?? 0) <= one.scale),
  );
  const sorted = usable.toSorted((a, b) => Number(b.name === first) - Number(a.name === first));
  return sorted.flatMap(({ name, steps, title }): Try[] => {
    const isWanted = name === first;
    const own = { name, model: name, steps: null, title, isWanted };
    // What several steps are worth is seen beside one.
    return steps === 1 ? [own] : [{ ...own, name: `${name} · 1`, steps: 1 }, own];
  });
}

function namedTries(models: readonly ModelSummary[], list: string): readonly Try[] {
  const named = list.split(',').map((part) => part.trim());
  if (named.some((part) => part === '') || new Set(named).size < named.length) throw badList(list);
  return named.map((part) => {
    const [, model = '', steps] = /^(.+?)(?::(\d{1,4}))?$/.exec(part) ?? [];
    const name = `${model.split(/[\\/]/).findLast((piece) => piece !== '') ?? model}${steps === undefined ? '' : ` · ${steps}`}`;
    const title = models.find((one) => one.name === model)?.title ?? '';
    return { name, model, steps: steps === undefined ? null : Number(steps), title, isWanted: true };
  });
}

const badList = (list: string): RemasterError =>
  new RemasterError(
    'BAD_SETTING',
    `The setting models must be different models with commas between them, not ${list}.`,
    {
      remedy: 'Write it as x2,restore,x4:1.',
    },
  );
