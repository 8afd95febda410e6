import { RemasterError } from '../../errors';
import type { FaceFinder, Model, ModelRequest, Shot } from '../../model/model';
import { type Enhancer, enhancer } from '../enhance';
import { faceEnhancer } from '../face/enhance';
import { settleFaces } from '../face/settle';
import type { FfmpegBinary } from '../ffmpegBinary';
import type { Saved } from '../job';
import { type Preview, preview } from '../preview';
import { scaledSize } from '../reduce';
import { modelRequest, wantedScale } from '../restore';
import { type CameraFacts, type CameraInfo, type CameraPicture, watchCamera } from './camera';
import { effort, ladder } from './effort';
import type { LiveFrame } from './frame';
import type { CameraState, LiveJob, LivePicture, LiveProgress } from './job';
import { jpegMaker } from './jpeg';
import { Newest } from './newest';
import { tally } from './tally';
import type { Turns } from './turns';

/** What several jobs with one camera and equal settings share: the connection, the decoder and the model's work. */
export type ChannelSettings = Omit<LiveJob, 'target' | 'quality'>;

export interface ChannelTools {
  readonly binary: FfmpegBinary;
  openModel(request: ModelRequest): Promise<Model>;
  openFaceFinder(): FaceFinder;
  /** Shared by all channels of the process. */
  readonly turns: Turns;
}

export interface Channel {
  /** Rejects when the channel is closed, or with an error that waiting cannot mend. */
  readonly ended: Promise<never>;
  /** `put` is told of every picture when it is done; it must not wait. Answers with the way to take it off. */
  subscribe(put: (frame: LiveFrame) => void): () => void;
  progress(): Omit<LiveProgress, 'target'>;
  /** What the camera sends; null before it is known. */
  readonly facts: CameraFacts | null;
  /** A JPEG of the newest picture, and if that is not newer than number `after`, of the next one. */
  picture(after: number, signal: AbortSignal): Promise<LivePicture>;
  /** Before and after in one picture. */
  readonly preview: Preview;
  /** Settles when nothing of it is left. */
  close(): Promise<void>;
}

/** What is told of a camera, whenever it changes. */
export type CameraNews =
  | { readonly what: 'camera'; readonly state: CameraState }
  | { readonly what: 'facts'; readonly facts: CameraFacts };

/** `before`: what the camera is known to have sent to somebody else. */
export function openChannel(
  settings: ChannelSettings,
  tools: ChannelTools,
  tell: (news: CameraNews) => void,
  before: CameraFacts | null,
): Channel {
  const stop = new AbortController();
  const { signal } = stop;
  const numbers = tally();
  const split = preview();
  const age = ({ at }: CameraPicture): number => performance.now() - at;
  const waiting = new Newest<CameraPicture>((picture) => numbers.dropped(age(picture)));
  const outlets = new Set<(frame: LiveFrame) => void>();
  let camera: CameraState = { is: 'connecting' };
  let facts = before;
  let latest: LiveFrame | null = null;
  let steps: number | null = null;
  let memo = (): Saved | null => null;
  let changed = (): void => {};
  let change = new Promise<void>((resolve) => (changed = resolve));

  const deliver = (frame: LiveFrame): void => {
    latest = frame;
    numbers.made(frame.done - frame.at);
    for (const put of outlets) put(frame);
    const wake = changed;
    change = new Promise((resolve) => (changed = resolve));
    wake();
  };

  async function enhanceAll(): Promise<never> {
    const models: Model[] = [];
    const open = async (wanted: number | null): Promise<Way> => {
      const model = await tools.openModel({ ...modelRequest({ ...settings, steps: wanted }), depth: 8 });
      models.push(model);
      if (model.info.task === 'inpaint') throw forFilms(model.info.name);
      return perSize(model, finder, settings);
    };
    // For a model of faces; it costs nothing until a face is looked for.
    await using finder = settings.faces === 'aligned' ? null : tools.openFaceFinder();
    const seat = tools.turns.join();
    try {
      const best = await open(settings.steps);
      const rungs = settings.effort === 'follow' ? ladder(models[0]!.info.steps) : [models[0]!.info.steps];
      const ways = [best];
      const chosen = effort(rungs, settings.budgetMs);
      let expected = 0;
      let looked = 0;
      for (;;) {
        const { enhance, saved } = (ways[chosen.level] ??= await open(rungs[chosen.level]!));
        steps = rungs[chosen.level]!;
        memo = saved;
        await waiting.filled(signal);
        const leave = await seat.turn(signal);
        const picture = waiting.take()!; // the newest, now that it is our turn
        let spent = 0;
        try {
          if (isTooLate(age(picture), expected, settings.budgetMs)) {
            numbers.dropped(age(picture));
            continue;
          }
          const started = performance.now();
          const made = await enhance(picture, signal);
          spent = performance.now() - started;
          expected = expected === 0 ? spent : 0.8 * expected + 0.2 * spent;
          split.offer({ ...picture.info, depth: 8, data: picture.data }, { ...made, depth: 8 }, made.pixelAspect);
          deliver(made);
        } finally {
          leave(spent);
        }
        if (rungs.length === 1 || performance.now() - looked < 1000) continue;
        looked = performance.now();
        const { dropShare, latency, fpsIn } = numbers.counts(LOOK);
        const before = chosen.level;
        chosen.look({ dropShare, latency: latency?.p95 ?? 0, work: expected, rate: fpsIn ?? 0 });
        if (chosen.level !== before) expected = 0; // other steps take another time
      }
    } finally {
      seat.leave();
      await Promise.all(models.map((model) => model[Symbol.asyncDispose]()));
    }
  }

  const watch = (): Promise<never> =>
    watchCamera(
      settings,
      tools.binary,
      {
        onState(state) {
          camera = state;
          tell({ what: 'camera', state });
        },
        onFacts(found) {
          facts = found;
          tell({ what: 'facts', facts: found });
        },
        onPicture(picture) {
          numbers.came();
          waiting.put(picture);
        },
      },
      signal,
      before,
    );

  // Whichever fails takes the other with it; the end comes when both are gone.
  const parts = [watch(), enhanceAll()].map((part) =>
    part.catch((error: unknown) => {
      if (!signal.aborted) stop.abort(error);
    }),
  );
  const ended = Promise.all(parts).then(async (): Promise<never> => {
    await jpegs[Symbol.asyncDispose]();
    throw signal.reason;
  });
  ended.catch(() => {}); // whoever holds it hears of it

  const jpegs = jpegMaker(tools.binary, signal);
  let making: Promise<LivePicture> | null = null;
  let last: LivePicture | null = null;
  const make = async (frame: LiveFrame): Promise<LivePicture> => {
    const data = await jpegs.make(frame);
    const latency = performance.now() - frame.at;
    last = { data, ...frame.stored, index: frame.index, time: Date.now() - latency, latency };
    return last;
  };

  return {
    ended,
    preview: split,
    get facts() {
      return facts;
    },
    subscribe(put) {
      outlets.add(put);
      return () => void outlets.delete(put);
    },
    progress: () => ({
      camera,
      ...numbers.counts(),
      steps,
      memo: memo(),
      width: latest?.stored.width ?? null,
      height: latest?.stored.height ?? null,
    }),
    async picture(after, asked) {
      for (;;) {
        asked.throwIfAborted();
        signal.throwIfAborted();
        if (making) await making;
        if (last && last.index > after && last.index === latest?.index) return last;
        if (making) continue; // somebody else was quicker
        if (!latest || latest.index <= after) await untilAborted(change, asked, signal);
        else {
          making = make(latest).finally(() => (making = null));
          const made = await making;
          if (made.index > after) return made;
        }
      }
    },
    async close() {
      split.close();
      stop.abort(new Error('the channel is closed'));
      await ended.catch(() => {});
    },
  };
}

const forFilms = (name: string): RemasterError =>
  new RemasterError('MODEL_INCOMPATIBLE', `The model ${name} fills holes, and a camera brings no mask.`, {
    remedy: 'Choose a model that enlarges or restores.',
  });

/** Dropped before it costs anything, if a fresher one could be in time. If none can, the newest is the best there is. */
const isTooLate = (age: number, expected: number, budget: number): boolean =>
  expected <= budget && age + expected > budget;

/** Pictures through a model, and what its memo has saved. */
interface Way {
  readonly enhance: (picture: CameraPicture, signal: AbortSignal) => Promise<LiveFrame>;
  readonly saved: () => Saved | null;
}

/** Milliseconds back that the choice of steps looks at. */
const LOOK = 3000;

/** Pictures after which all tiles are inferred anew when a tolerance lets small changes pass: ten seconds of most cameras. */
const REFRESH = 250;

/** Pictures through the model; what depends on their size is made anew when that changes. */
function perSize(model: Model, finder: FaceFinder | null, settings: ChannelSettings): Way {
  let known: CameraInfo | null = null;
  let enhancing: Enhancer | null = null;
  let first: { readonly first?: Shot } = {};
  const enhance = async ({ info, index, at, data }: CameraPicture, signal: AbortSignal): Promise<LiveFrame> => {
    const { width, height, pixelAspect, colour } = info;
    if (info !== known) {
      const faces = settleFaces(settings, model.info, info);
      const choice = { ...settings, segment: REFRESH };
      enhancing = faces === null ? enhancer(model, info, choice, () => {}) : faceEnhancer(model, finder, settings);
      known = info;
      if (model.prompt) first = { first: { width, height, data } };
    }
    // One shot for ever: a camera does not cut, and what stands still gets the same noise after every reconnection.
    const frame = { index, pts: index, scene: 0, ...first, width, height, depth: 8 as const, data };
    const [made] = await enhancing!.run([frame], signal);
    const stored = scaledSize(info, wantedScale(settings, model));
    return { ...made!, at, done: performance.now(), stored, pixelAspect, colour };
  };
  return { enhance, saved: () => enhancing?.saved ?? null };
}

/** Waits, but not longer than either signal allows. */
async function untilAborted(wait: Promise<void>, ...signals: readonly AbortSignal[]): Promise<void> {
  const stops: (() => void)[] = [];
  const aborted = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      const stop = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      stops.push(() => signal.removeEventListener('abort', stop));
    }
  });
  try {
    await Promise.race([wait, aborted]);
  } finally {
    for (const stop of stops) stop();
  }
}
