import { RemasterError } from '../errors';
import type { ModelSummary } from '../model/bundle/modelLibrary';
import { comparableModels, type ComparedModel, type ResultWants } from '../settings/comparableModels';

/** One of the models that are compared. */
export interface Try extends ComparedModel {
  /** It is tried however long it takes. */
  readonly isWanted: boolean;
}

/**
 * What to try: `list` names it (`x2,x4:1`), or null: the model `first`, then the others that are meant for use and can do
 * the scale and the task.
 */
export function triesOf(
  models: readonly ModelSummary[],
  first: string,
  list: string | null,
  wants: ResultWants = { scale: null, isMasked: false },
): readonly Try[] {
  if (list !== null) return namedTries(models, list);
  return comparableModels(models, first, wants).map(({ of, ...one }) => ({ ...one, isWanted: of.name === first }));
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
