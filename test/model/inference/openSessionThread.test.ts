/* oxlint-disable typescript/no-unsafe-type-assertion -- a wrong shape fails the test that meets it */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../src/errors';
import { openSessionThread, type SessionThread } from '../../../src/model/inference/openSessionThread';
import { withFolder, writeIdentity } from '../../support/tinyBundle';

/** A thread that runs the given code instead of models. */
const withScript = (script: string, use: (thread: SessionThread) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const path = join(folder, 'worker.js');
    await writeFile(path, `const { parentPort } = require('node:worker_threads');\n${script}`);
    await use(openSessionThread(path));
  });

const isCrash = (error: unknown): boolean =>
  error instanceof RemasterError && error.code === 'ENGINE_CRASHED' && error.remedy !== '' && error.detail !== '';

describe('openSessionThread', () => {
  it('fails all pending and later calls when it crashes', () =>
    withScript(
      `parentPort.once('message', () => setTimeout(() => { throw new Error('boom'); }, 20));`,
      async (thread) => {
        const calls = [thread.call('providers', null), thread.call('close', { handle: 1 })];
        for (const call of calls) await assert.rejects(call, isCrash);
        assert.equal(thread.ended, true);
        await assert.rejects(thread.call('providers', null), isCrash);
      },
    ));

  it('fails pending calls when it exits', () =>
    withScript(`parentPort.once('message', () => process.exit(3));`, async (thread) => {
      await assert.rejects(
        thread.call('providers', null),
        (error) => isCrash(error) && /code 3/.test((error as RemasterError).detail),
      );
    }));

  it('passes errors on unchanged', () =>
    withScript(
      `parentPort.on('message', ({ id }) => parentPort.postMessage(
        { id, error: { code: 'MODEL_INVALID', message: 'm', remedy: 'r', detail: 'd' } }));`,
      async (thread) => {
        await assert.rejects(thread.call('providers', null), {
          code: 'MODEL_INVALID',
          message: 'm',
          remedy: 'r',
          detail: 'd',
        });
        assert.equal(thread.ended, false);
      },
    ));

  it('lets onnxruntime leave nothing in the temporary folder', () =>
    withFolder(async (folder) =>
      withFolder(async (bundle) => {
        const job = { model: await writeIdentity(bundle), provider: 'cpu', format: 'png' };
        const pixels = { kind: 'pixels', width: 8, height: 8, channels: 3, data: [] };
        const script = `
          const { upscaleImage } = require(${JSON.stringify(join(__dirname, '../../../src'))});
          upscaleImage({ ...${JSON.stringify(pixels)}, data: new Uint8Array(192) }, ${JSON.stringify(job)});`;
        const env = { ...process.env, TMPDIR: folder, ORT_DISABLE_TELEMETRY: undefined };
        const { status, stderr } = spawnSync(process.execPath, ['-e', script], { env });
        assert.deepEqual([status, stderr.toString()], [0, '']);
        assert.deepEqual(readdirSync(folder), []);
      }),
    ));
});
