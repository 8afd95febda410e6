import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { root } from '../support/root';

interface Packed {
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

interface Package {
  readonly main: string;
  readonly types: string;
  readonly bin: { readonly remaster: string };
  readonly files: readonly string[];
  readonly 'node-red': { readonly nodes: Readonly<Record<string, string>> };
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pkg = JSON.parse(read('package.json')) as Package;

/** Started by path, not imported. */
const STARTED = [
  'dist/src/engine/process/main.js',
  'dist/src/model/inference/sessionThread.js',
  'dist/src/pipeline/frames/compositor/compositorThread.js',
  'dist/src/pipeline/jobs/lockHeartbeatThread.js',
  'dist/src/pipeline/jobs/restore/record/hashThread.js',
  'dist/src/pipeline/media/fluentProcess.js',
  'dist/src/pipeline/media/image/addedMapThread.js',
];

describe('the package', function () {
  this.timeout(120_000);
  let size = 0;
  let paths: string[] = [];

  before(() => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'];
    const shell = process.platform === 'win32';
    const [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', shell })) as [Packed];
    size = packed.size;
    paths = packed.files.map(({ path }) => path);
  });

  it('is not larger than 24 MB', () => assert.ok(size < 24e6, `${size} bytes`));

  it('every entry of `files` matches something', () => {
    for (const entry of pkg.files.filter((name) => !name.startsWith('!'))) {
      const pattern = new RegExp(`^${entry.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}(/|$)`);
      assert.ok(
        paths.some((path) => pattern.test(path)),
        entry,
      );
    }
    for (const entry of pkg.files.filter((name) => name.startsWith('!')))
      assert.ok(existsSync(join(root, entry.slice(1))), `${entry} leaves out something that exists`);
  });

  it('has a licence and a card for every model', () => {
    const models = readdirSync(join(root, 'models')).filter((name) => name !== 'workshop');
    assert.ok(models.length >= 8);
    for (const name of models)
      for (const file of ['LICENSE', 'CARD.md']) assert.ok(paths.includes(`models/${name}/${file}`), `${name}/${file}`);
  });

  it('has no tests, benchmarks or source maps', () => {
    assert.deepEqual(
      paths.filter((path) => /(^|\/)(test|bench|workshop|node_modules)\/|\.test\.|\.map$|\.ts$(?<!\.d\.ts)/.test(path)),
      [],
    );
  });

  it('has no module that only tests use', () => {
    const entries = [pkg.main, pkg.bin.remaster, ...Object.values(pkg['node-red'].nodes), ...STARTED];
    const used = reachable(entries.map(sourceOf), (path) => `${path}.ts`);
    const unused = paths.filter(
      (path) => path.endsWith('.js') && path.startsWith('dist/') && !used.has(sourceOf(path)),
    );
    assert.deepEqual(unused, []);
  });

  it('has the declarations that `types` leads to, and no others', () => {
    const declarations = paths.filter((path) => path.endsWith('.d.ts'));
    const used = reachable([pkg.types.replace('.d.ts', '')], (path) => `${path}.d.ts`);
    assert.deepEqual(declarations.toSorted(), [...used].map((path) => `${path}.d.ts`).toSorted());
  });

  it('links to docs/ by its address outside comments: docs/ is not in the package', () => {
    for (const path of paths.filter((name) => /\.(js|ts|json|html|css)$|CARD\.md$|CHANGELOG\.md$/.test(name))) {
      const text = path.endsWith('.js') ? read(path).replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, '') : read(path);
      for (const [found] of text.matchAll(/\S*\bdocs\/[\w-]+\.(?:md|png)/g))
        assert.match(found, /https:\/\/github\.com\/remaster-video\/node-red-video\/blob\/main\/docs\//, path);
    }
  });
});

/** `dist/src/index.js` is made from `src/index.ts`: `src/index`. */
const sourceOf = (path: string): string => path.replace(/^dist\//, '').replace(/\.js$/, '');

/** These modules and all that they import, types included; without file endings. */
function reachable(entries: readonly string[], fileOf: (path: string) => string): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const [, to] of read(fileOf(path)).matchAll(/(?:from|import\(|import|require\()\s*["'](\.[^"']+)["']/g))
      visit(join(path, '..', to!.replace(/\.js$/, '')));
  };
  entries.forEach(visit);
  return found;
}
