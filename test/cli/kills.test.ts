import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type KillJob, problems, run, SIGNALS, TARGETS } from '../support/kills';
import { writeIdentity } from '../support/tinyBundle';
import { ff, moving, scratchFolder } from '../support/videos';

const FRAMES = 240;

/** `bench/kills` does the same at random moments. */
describe('a killed job, started again,', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  let options: readonly string[];
  const job = (name: string): KillJob => ({ input: at('in.mp4'), output: at(name), options });

  before(async function () {
    this.timeout(120_000);
    await ff(...moving('96x64', '25', FRAMES), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('in.mp4'));
    const model = await writeIdentity(at('identity'));
    options = ['--model', model, '--segment', '20', '--batch', '1', '--tile-cache', 'off', '--threads', '1'];
    assert.equal((await run(job('whole.mp4'), null)).code, 0);
  });

  for (const target of TARGETS) {
    for (const signal of SIGNALS) {
      it(`gives the same frames and leaves nothing behind: ${target}, ${signal}`, async () => {
        const killed = await run(job('out.mp4'), { target, signal, at: { segments: 2 } });
        assert.ok(killed.killed, 'it was running');
        // A killed engine is replaced, and the job goes on in the same run.
        const last = killed.code === 0 ? killed : await run(job('out.mp4'), null);
        assert.deepEqual([last.code, last.error], [0, null]);
        assert.ok(last.resumedFrom! >= 40, `${last.resumedFrom} frames taken over`);
        assert.deepEqual(await problems(job('out.mp4'), at('whole.mp4')), []);
        rmSync(at('out.mp4'));
      }).timeout(120_000);
    }
  }
});
