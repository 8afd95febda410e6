import { Newest } from '../../../async/mailbox';
import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelInfo, ModelRequest } from '../../../model/model';
import type { CameraState, LiveJob, LivePicture, LiveProgress } from '../../../settings/liveJob';
import { type Preview, preview } from '../../frames/comparison';
import { fade } from '../../frames/crossfade';
import { modelRequest } from '../../frames/modelRequest';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { jpegMaker } from '../../media/jpegEncoder';
import { type CameraFacts, type CameraPicture, watchCamera } from './camera';
import type { Turns } from './fairScheduler';
import { forecast, isTooLate } from './frameCost';
import type { LiveFrame } from './liveFrame';
import { tally } from './liveStats';
import { effort, ladder, type Rung } from './qualityLadder';
import { type Way, wayOf } from './qualityLevel';

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
  { readonly what: 'camera'; readonly state: CameraState } | { readonly what: 'facts'; readonly facts: CameraFacts };

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
  /** How pictures are made now. */
  let way: Way | null = null;
  let every = 1;
  const fading = fade();
  let changed = (): void => {};
  let change = new Promise<void>((resolve) => (changed = resolve));

  const deliver = (picture: CameraPicture, made: LiveFrame): void => {
    const source = { ...picture.info, data: picture.data };
    const frame = { ...made, data: fading.through(source, made), done: performance.now() };
    split.offer({ ...source, depth: 8 }, { ...frame, depth: 8 }, made.pixelAspect);
    latest = frame;
    numbers.made(frame.done - frame.at);
    for (const put of outlets) put(frame);
    const wake = changed;
    change = new Promise((resolve) => (changed = resolve));
    wake();
  };

  async function enhanceAll(): Promise<never> {
    const models: Model[] = [];
    const isFollowing = settings.effort === 'follow';
    const open = async (isLight: boolean, wanted: number | null): Promise<Model> => {
      const own = { ...modelRequest({ ...settings, steps: wanted }), depth: 8 } as const;
      // Its number of steps and its solver are its own.
      const light = { ...own, model: settings.lighter ?? own.model, steps: null, order: null };
      const model = await tools.openModel(isLight ? light : own);
      models.push(model);
      if (model.info.task === 'inpaint') throw forFilms(model.info.name);
      return model;
    };
    // For a model of faces; it costs nothing until a face is looked for.
    await using finder = settings.faces === 'aligned' ? null : tools.openFaceFinder();
    const seat = tools.turns.join();
    try {
      const best = await open(false, settings.steps);
      const light = isFollowing && settings.lighter !== null ? await open(true, null) : null;
      if (light && light.info.scale !== best.info.scale) throw otherScale(light.info, best.info);
      const rungs = ladder({
        steps: best.info.steps,
        isFollowing,
        hasLight: light !== null,
        part: settings.region?.when ?? 'never',
        even: settings.even,
      });
      const ways = new Map<string, Way>();
      /** How many tiles are worth going together with those of other cameras. */
      const worth = new Map<string | null, number>();
      const take = async ({ isLight, steps: count, isPart }: Rung): Promise<Way> => {
        const key = [isLight, count, isPart].join();
        const own = async (): Promise<Model> => (count === best.info.steps ? best : await open(false, count));
        const found = ways.get(key) ?? wayOf(isLight ? light! : await own(), finder, settings, isPart, fading.begin);
        ways.set(key, found);
        return found;
      };
      const chosen = effort(rungs, settings.budgetMs);
      const cost = forecast();
      let looked = 0;
      for (;;) {
        const now = (way = await take(rungs[chosen.level]!));
        ({ every } = rungs[chosen.level]!);
        await waiting.filled(signal);
        const most = cost.usual > 0 ? (worth.get(now.kind) ?? 1) : 1;
        const turn = await seat.turn(signal, { kind: now.kind, most, cost: cost.most, limit: settings.budgetMs / 2 });
        let spent = 0;
        try {
          // Tried out once, when somebody is there to share a turn with.
          if (tools.turns.size > 1 && cost.usual > 0 && !worth.has(now.kind))
            worth.set(now.kind, await now.most(signal));
          const picture = waiting.take()!; // the newest, now that it is our turn
          const expected = turn.size > 1 ? { usual: turn.expected, most: turn.expected } : cost;
          if (isTooLate(age(picture), expected, settings.budgetMs)) {
            numbers.dropped(age(picture));
            cost.doubt();
            continue;
          }
          const started = performance.now();
          const made = await now.enhance(picture, turn.rider, signal);
          turn.rider.leave();
          spent = (performance.now() - started) * turn.rider.share;
          cost.add(spent);
          deliver(picture, made);
        } finally {
          turn.done(spent);
        }
        if (rungs.length === 1 || performance.now() - looked < 1000) continue;
        looked = performance.now();
        const { missed, latency, fpsIn } = numbers.counts(LOOK);
        const look = { dropShare: missed, latency: latency?.p95 ?? 0, work: cost.usual, rate: fpsIn ?? 0 };
        if (!chosen.look(look) || rungs[chosen.level]!.every !== every) continue;
        cost.forget(); // what is done now takes another time
        fading.begin();
      }
    } finally {
      seat.leave();
      await Promise.all(models.map((each) => each[Symbol.asyncDispose]()));
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
          if (picture.index % every === 0) waiting.put(picture);
          else numbers.spared();
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
  const counts = () => {
    const { missed: _, ...told } = numbers.counts();
    return told;
  };
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
      ...counts(),
      steps: way?.info.steps ?? null,
      model: way?.info.name ?? null,
      every,
      isPart: way?.isPart ?? false,
      memo: way?.saved() ?? null,
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

const otherScale = (light: ModelInfo, own: ModelInfo): RemasterError =>
  new RemasterError(
    'MODEL_INCOMPATIBLE',
    `The lighter model ${light.name} enlarges ${light.scale} times, and ${own.name} ${own.scale} times.`,
    { remedy: 'Choose a lighter model of the same scale, or none.' },
  );

/** Milliseconds back that the choice of effort looks at. */
const LOOK = 3000;

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
