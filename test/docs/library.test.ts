import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Camera, startCamera } from '../pipeline/jobs/live/httpCamera';
import { pattern } from '../support/images';
import { root } from '../support/root';
import { ff, moving, scratchFolder } from '../support/videos';

/** The snippets of docs/library.md, each a program of its own. */
const SNIPPETS = [...readFileSync(join(root, 'docs', 'library.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, text]) => text!,
);

/** What a snippet leaves behind or prints. */
const RESULTS: readonly ((folder: string, stdout: string) => void)[] = [
  (folder, stdout) => {
    assert.ok(existsSync(join(folder, 'tape07.x4.mkv')));
    assert.match(stdout, /^50 50 \[\]$/m);
  },
  (folder, stdout) => {
    assert.equal(stdout, '1 1\n*.avi SOURCE_NOT_FOUND No video and no folder matches *.avi.\n');
    assert.ok(existsSync(join(folder, 'restored', '08_x2.mp4')));
  },
  (folder) => assert.ok(existsSync(join(folder, 'photo 128x96.png'))),
  (folder) => assert.ok(existsSync(join(folder, 'scene at 0.jpg'))),
  (folder) => assert.ok(existsSync(join(folder, 'from images.mp4'))),
  (folder, stdout) => {
    assert.match(stdout, /running/);
    assert.ok(existsSync(join(folder, 'front door.jpg')));
  },
  (_, stdout) => assert.match(stdout, /darker\.mp4 25 \[\]/),
  (folder, stdout) => {
    assert.equal(stdout.trim().split('\n').length, 5);
    assert.ok(existsSync(join(folder, 'newest.rgb')));
  },
];

describe('docs/library.md', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  let camera: Camera;

  before(async () => {
    await ff(...moving('64x36', '25', 50), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', join(folder, 'tape07.mov'));
    mkdirSync(join(folder, 'tapes'));
    await ff(...moving('64x36', '25', 5), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', join(folder, 'tapes', '08.mov'));
    writeFileSync(join(folder, 'photo.jpg'), await pattern(32, 24).jpeg().toBuffer());
    for (const name of ['1.png', '2.png', '3.png'])
      writeFileSync(join(folder, name), await pattern(64, 36).png().toBuffer());
    camera = await startCamera({ kind: 'ts', rate: 10, width: 64, height: 36 });
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '@remaster'), { recursive: true });
    symlinkSync(root, join(modules, '@remaster', 'node-red-video'), 'dir');
    for (const name of ['rxjs', '@types']) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir');
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  });
  after(() => camera.close());

  const program = (index: number): string => SNIPPETS[index]!.replaceAll('rtsp://192.168.1.20/stream1', camera.url);

  it('every snippet has a result here', () => assert.equal(SNIPPETS.length, RESULTS.length));

  it('the snippets have no type error', async () => {
    for (const index of SNIPPETS.keys()) writeFileSync(join(folder, `snippet${index}.mts`), program(index));
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2022', lib: ['es2023', 'esnext.disposable'], types: ['node'] },
      ...{ strict: true, skipLibCheck: true },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const { stdout } = await promisify(execFile)(tsc, ['-p', folder]).catch((error: { stdout: string }) => error);
    assert.equal(stdout, '');
  });

  for (const [index, check] of RESULTS.entries()) {
    it(`snippet ${index + 1} does what it says`, async () => {
      const file = join(folder, `snippet${index}.mjs`); // compiled above
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, timeout: 100_000 });
      check(folder, stdout);
    });
  }
});
