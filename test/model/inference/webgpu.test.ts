import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFolder, writeTiny, X4 } from '../../support/tinyBundle';

/** The software renderer of Debian's Chromium; REMASTER_SWIFTSHADER overrides its path. */
const PLACES = ['/usr/lib/chromium/libvk_swiftshader.so', '/usr/lib/chromium-browser/libvk_swiftshader.so'];

describe('webgpu', function () {
  this.timeout(300_000); // shaders are compiled and run in software

  it('gives the same result as the reference on the CPU, for every system', async function () {
    const library = [process.env['REMASTER_SWIFTSHADER'], ...PLACES].find((path) => path && existsSync(path));
    if (!library) {
      process.stdout.write(`    no ${PLACES[0]!}: WebGPU is not tried\n`);
      return this.skip();
    }
    await withFolder(async (folder) => {
      const driver = join(folder, 'swiftshader.json');
      const icd = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.1.0' } };
      writeFileSync(driver, JSON.stringify(icd));
      const osediff = await writeTiny(join(folder, 'osediff'), 'osediff');
      const dossr = await writeTiny(join(folder, 'dossr'), 'dossr');
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(__dirname, 'onWebgpu.js'), `${osediff}:1`, `${dossr}:5`, `${X4}:2`],
        {
          env: { ...process.env, VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver },
          timeout: 280_000,
          killSignal: 'SIGKILL',
        },
      );
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { system: string; provider: string; worst: number });
      assert.deepEqual(
        lines.map(({ system, provider }) => `${system} ${provider}`),
        ['osediff webgpu', 'dossr webgpu', 'resshift webgpu'],
      );
      for (const { system, worst } of lines) assert.ok(worst <= 1, `${system} differs by ${worst} of 255`);
    });
  });
});
