/** The process of `lockProcess.ts`. */
import fs from 'node:fs/promises';
import { lockOutput, type OutputLock } from '../../src/pipeline/jobs/outputLock';
import type { Answer, Request, Surroundings } from './lockProcess';

const { hasNoProc, hasNoLinks } = JSON.parse(process.argv[2]!) as Surroundings;
const refuse = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
if (hasNoProc) fs.readlink = refuse('ENOENT');
if (hasNoLinks) fs.link = refuse('EPERM');

let lock: OutputLock | null = null;

async function perform(request: Request): Promise<void> {
  if (request.what === 'lock')
    lock = await lockOutput(request.folder, '/videos/out.mkv', new AbortController().signal, request.timing);
  else if (request.what === 'block') block(request.ms);
  else if (request.what !== 'disconnect') await lock![request.what]();
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

process.on('message', (request: Request) => {
  perform(request).then(
    () => send(null, request),
    (error: NodeJS.ErrnoException) => send({ code: error.code!, message: error.message }, request),
  );
});
send(null);

function send(answer: Answer, request?: Request): void {
  process.send!(answer, () => request?.what === 'disconnect' && process.disconnect());
}
