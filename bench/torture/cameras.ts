import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from '../../src/engine/client/engine';
import type { RemasterError } from '../../src/errors';
import type { CameraState } from '../../src/settings/liveJob';
import { at, liveJob } from '../../test/pipeline/jobs/live/liveJob';
import { writeIdentity } from '../../test/support/tinyBundle';
import { type Harm, startBadWire } from './badWire';
import { diceOf } from './dice';
import { leftovers, ownFolders } from './leftovers';
import { type Fault, faultsOf, hasStack, numbers, type Part } from './outcome';
import { CAMERAS, hasRtsp } from './testCameras';

/** Seconds in which a camera is seen, or seen again. */
const LIMIT = 90;

/** Faults of a camera or its wire; a harm lasts for some seconds. */
const HARMS = {
  'dies (FIN)': 'end',
  'dies (RST)': 'reset',
  'stalls': 'stall',
  'changes its size': 'resize',
  'floods': 'flood',
  'sends garbage': 'garbage',
  'sends garbled bytes': 'garble',
  'loses bytes': 'lose',
} as const; // prettier-ignore

/** Harms cameras while they are shown, one engine for all; each must be seen again once it is well. */
export const cameras: Part = async function* (plan) {
  const { folder, seed } = plan;
  const { temporary } = ownFolders(folder);
  const results = join(folder, 'results');
  mkdirSync(results);
  const model = await writeIdentity(join(folder, 'identity'));
  const kinds = CAMERAS.filter(({ kind }) => kind !== 'rtsp' || hasRtsp());
  const engine = createEngine(600); // it must not be idle for so long that it exits
  try {
    for (const number of numbers(plan)) {
      const dice = diceOf(seed, number);
      const { kind, start } = kinds[number % kinds.length]!;
      const name = dice.pick(Object.keys(HARMS) as (keyof typeof HARMS)[]);
      const camera = await start();
      const wire = await startBadWire(camera.port, dice);
      const before = engine.pid;
      const seconds = 1 + 5 * dice.next();
      const harm = async (): Promise<void> => {
        const how = HARMS[name];
        if (how === 'resize') return camera.resize();
        if (how === 'end' || how === 'reset') return wire.cut(how);
        wire.harm(how satisfies Harm);
        await sleep(1000 * seconds);
        return wire.harm('nothing');
      };
      const seen = await watched(engine, camera.address(wire.port), model, harm);
      await Promise.all([wire.close(), camera.close()]);
      const left = await leftovers({ results, may: /^$/, temporary, hasEngine: true });
      const faults = new Set(seen.faults);
      if (before !== null && engine.pid !== before) faults.add('crash');
      if (left.length > 0) faults.add('leftover');
      yield {
        ...{ kind: `${kind} ${name}`, ending: seen.ending, faults: [...faults], keep: [] },
        words: [`${kind} ${name} for ${seconds.toFixed(1)} s: ${seen.ending}`, ...seen.said, ...left].join('; '),
      };
    }
  } finally {
    await engine.close();
  }
};

interface Seen {
  readonly ending: string;
  readonly faults: readonly Fault[];
  /** States and errors, in words. */
  readonly said: readonly string[];
}

async function watched(engine: Engine, address: string, model: string, harm: () => Promise<void>): Promise<Seen> {
  const states: CameraState[] = [];
  const faults = new Set<Fault>();
  let frames = 0;
  let failed: RemasterError | null = null;
  const source = { retryMin: 0.5, stall: 3 };
  const running = engine.live(liveJob(at(address, { transport: 'tcp' }), { model, steps: null, source }), {
    onCamera: (state) => states.push(state),
    onJpeg({ index }) {
      frames++;
      running.requestJpeg({ newerThan: index });
    },
  });
  running.requestJpeg();
  running.ended.catch((error: RemasterError) => (failed = error));
  const moreThan = async (count: number): Promise<boolean> => {
    const end = performance.now() + 1000 * LIMIT;
    while (frames <= count && failed === null && performance.now() < end) await sleep(20);
    return frames > count;
  };
  if (!(await moreThan(3))) faults.add('hang');
  await harm();
  const seen = frames;
  const isBack = await moreThan(seen + 5); // more than were on their way
  if (!isBack) faults.add('hang');
  const stopped = await Promise.race([running.stop().then(() => true), sleep(10_000, false)]);
  if (!stopped) faults.add('hang');
  for (const state of states) if (state.is === 'waiting' && hasStack(state.message)) faults.add('stack trace');
  const error = failed as RemasterError | null;
  for (const fault of error ? [...faultsOf(error, /^$/)] : []) faults.add(fault);
  const codes = states.flatMap((state) => (state.is === 'waiting' ? [state.code] : []));
  const ending = error ? error.code : isBack ? 'seen again' : 'never seen again';
  return {
    ending,
    faults: [...faults],
    said: [...new Set(codes), ...(error ? [`${error.message} ${error.detail}`] : [])],
  };
}
