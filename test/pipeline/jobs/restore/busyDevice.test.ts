import assert from 'node:assert/strict';
import { join } from 'node:path';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { standInDevice } from '../../../support/standInDevice';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('a device that needs no processor', () => {
  const folder = scratchFolder();

  it('seldom waits for the frames around it', async () => {
    const input = join(folder, 'in.mkv');
    const count = 40;
    await ff(...moving('64x48', '25', count), '-pix_fmt', 'yuv420p', '-c:v', 'ffv1', input);
    for (const tile of [null, 32]) {
      const device = standInDevice(2, 20);
      const job = { ...JOB_DEFAULTS, model: 'x4', codec: 'ffv1', tileCache: null, batch: 1, tile } as const;
      const tools = { binary: await binary(), openModel: async () => device.model };
      const output = join(folder, `${tile}.mkv`);
      const { framesOut } = await restoreVideo(
        { ...job, input, output },
        tools,
        new AbortController().signal,
        () => {},
      );
      assert.equal(framesOut, count);
      assert.ok(device.runs >= count);
      // One after the other, it would wait after every frame.
      assert.ok(device.idle < count / 2, `${device.idle} times for ${count} frames, ${device.runs} calls`);
    }
  });
});
