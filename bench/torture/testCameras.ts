import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startCamera } from '../../test/pipeline/jobs/live/httpCamera';
import { freePort } from '../../test/pipeline/jobs/live/peer';
import { root } from '../../test/support/root';

/** A camera of 64×36 and 8 frames per second. */
interface TestCamera {
  readonly port: number;
  /** Its address by way of another port. */
  address(port: number): string;
  /** Becomes 96×64. */
  resize(): Promise<void>;
  close(): Promise<void>;
}

export const CAMERAS: readonly { readonly kind: string; readonly start: () => Promise<TestCamera> }[] = [
  { kind: 'ts', start: () => streaming('ts') },
  { kind: 'mjpeg', start: () => streaming('mjpeg') },
  { kind: 'rtsp', start: rtsp },
];

async function streaming(kind: 'ts' | 'mjpeg'): Promise<TestCamera> {
  const camera = await startCamera({ width: 64, height: 36, rate: 8, kind });
  const [, port] = /:(\d+)/.exec(camera.url.slice(6))!;
  return {
    port: Number(port),
    address: (other) => camera.url.replace(`:${port}`, `:${other}`),
    resize: async () => camera.resize(96, 64),
    close: () => camera.close(),
  };
}

/** Debian's Python, which has the packages of the server. */
const PYTHON = '/usr/bin/python3';

/** Whether there is what a server for RTSP needs. */
export function hasRtsp(): boolean {
  const needs = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
  return spawnSync(PYTHON, ['-c', needs]).status === 0;
}

async function rtsp(): Promise<TestCamera> {
  const port = await freePort();
  const serve = async (size: string): Promise<ChildProcess> => {
    const child = spawn(PYTHON, [join(root, 'test/pipeline/jobs/live/rtspServer.py'), String(port), size, '8']);
    child.stderr.resume();
    await once(child.stdout, 'data');
    return child;
  };
  let server = await serve('64x36');
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  return {
    port,
    address: (other) => `rtsp://127.0.0.1:${other}/cam`,
    async resize() {
      await stop();
      server = await serve('96x64');
    },
    close: stop,
  };
}
