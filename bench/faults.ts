/**
 * bench/faults: how long live video takes to recover after a fault.
 * Usage: node dist/bench/faults.js [faults=all: a regular expression that matches their names]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { camera as words } from '../nodes/message/liveStatus';
import { createEngine } from '../src/engine/client/engine';
import type { CameraState, LiveJpeg } from '../src/settings/liveJob';
import { startCamera } from '../test/pipeline/jobs/live/httpCamera';
import { at, liveJob } from '../test/pipeline/jobs/live/liveJob';
import { startProxy } from '../test/pipeline/jobs/live/proxy';
import { enginesAndFfmpegs } from '../test/support/processes';
import { printTable } from './table';

const SMALL = { width: 64, height: 36, rate: 8 };

async function main(): Promise<void> {
  const rows: Record<string, string | number>[] = [];
  type Scene = Awaited<ReturnType<typeof stage>>;
  const faults: readonly [name: string, harm: (scene: Scene) => unknown, repair: (scene: Scene) => unknown][] = [
    ['cut (FIN)', ({ wire }) => wire.cut('end'), () => {}],
    ['reset (RST)', ({ wire }) => wire.cut('reset'), () => {}],
    ['the network stalls', ({ wire }) => wire.stall(), ({ wire }) => wire.mend()],
    ['the camera freezes', ({ eye }) => eye.freeze(), ({ eye }) => eye.thaw()],
    ['refused for 5 s', ({ wire }) => wire.refuse(), ({ wire }) => wire.mend()],
    ['another resolution', ({ eye }) => eye.resize(96, 64), () => {}],
    ['engine killed (SIGKILL)', ({ engine }) => process.kill(engine.pid!, 'SIGKILL'), () => {}],
  ];
  const wanted = new RegExp(process.argv[2] ?? '', 'i');
  for (const [name, harm, repair] of faults.filter(([each]) => wanted.test(each))) {
    await using scene = await stage();
    const { states, errors, frames } = scene;
    await until(() => frames.length > 5);
    states.length = 0;
    await harm(scene);
    await sleep(name === 'cut (FIN)' || name === 'reset (RST)' ? 0 : 1);
    if (/stall|freez/.test(name)) await until(() => states.some(({ is }) => is === 'waiting'));
    if (/5 s/.test(name)) await sleep(5000);
    const repaired = performance.now();
    const size = frames.at(-1)!.width;
    await repair(scene);
    if (/resolution/.test(name)) await until(() => frames.at(-1)!.width !== size);
    else {
      await until(() => states.some(({ is }) => is !== 'running'));
      await until(() => states.at(-1)!.is === 'running');
      const seen = frames.length;
      await until(() => frames.length > seen);
    }
    rows.push({
      fault: name,
      'recovered after, s': ((performance.now() - repaired) / 1000).toFixed(1),
      'status of video in': [...new Set(states.map((state) => words(state).text))].join(', '),
      message: states.flatMap((state) => (state.is === 'waiting' ? [state.message] : []))[0] ?? errors[0] ?? '–',
    });
  }
  const login = { username: 'joe', password: 'right' };
  const eye = await startCamera({ ...SMALL, kind: 'mjpeg', login });
  const engine = createEngine(5);
  const states: CameraState[] = [];
  const wrong = engine.live(liveJob(at(eye.url, { username: 'joe', password: 'wrong' })), {
    onCamera: (state) => states.push(state),
  });
  await until(() => states.some(({ is }) => is === 'waiting'));
  const refused = states.find((state) => state.is === 'waiting')!;
  rows.push({
    fault: 'wrong password',
    'recovered after, s': '–',
    'status of video in': words(refused).text ?? '',
    message: refused.message,
  });
  await wrong.stop();
  await engine.close();
  await eye.close();
  printTable(
    'bench/faults: time to the next frame after the repair; reconnect delay 1 to 3 s, stall timeout 5 s',
    rows,
  );
  await sleep(500);
  console.log(`Processes left: ${(await enginesAndFfmpegs()).length}`);
  process.exit(0);
}

async function stage() {
  const eye = await startCamera(SMALL);
  const wire = await startProxy(Number(new URL(eye.url.replace('tcp:', 'http:')).port));
  const engine = createEngine(5);
  const frames: Pick<LiveJpeg, 'width'>[] = [];
  const states: CameraState[] = [];
  const errors: string[] = [];
  const live = engine.live(liveJob(at(`tcp://127.0.0.1:${wire.port}`)), {
    onCamera: (state) => states.push(state),
    onRecoverableError: (error) => errors.push(error.message),
    onJpeg({ width, index }) {
      frames.push({ width });
      live.requestJpeg({ newerThan: index });
    },
  });
  live.requestJpeg();
  return {
    ...{ eye, wire, engine, frames, states, errors },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await Promise.all([eye.close(), wire.close()]);
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

void main();
