'use strict';
// TypeScript → dist/, and next to the compiled nodes their pages, locales and icons, where Node-RED looks for them.
const { cpSync, existsSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const { dirname, join, relative } = require('node:path');
const { writePage } = require('./nodePages');
const { bin, root, run, setUp } = require('./setup');

const dist = join(root, 'dist');

function build() {
  run(bin('tsc'), ['-p', '.']);
  const isPage = (path) => !path.endsWith('.ts');
  for (const name of readdirSync(join(root, 'nodes'))) {
    if (isPage(name)) cpSync(join(root, 'nodes', name), join(dist, 'nodes', name), { recursive: true, filter: isPage });
  }
  for (const name of readdirSync(join(root, 'nodes'))) {
    const page = join('nodes', name, `remaster-${name}.html`);
    if (existsSync(join(root, page))) writePage(join(root, page), join(dist, 'nodes', name), name);
  }
  prune();
}

/** Deletes from dist/ what has no source any more, and the declarations that no user of `types` can reach. */
function prune() {
  const declarations = publicDeclarations();
  const hasSource = (name) => [name, name.replace(/(\.d\.ts|\.js)$/, '.ts')].some((one) => existsSync(join(root, one)));
  for (const name of readdirSync(dist, { recursive: true })) {
    const isPublic = !name.endsWith('.d.ts') || declarations.has(name);
    if (!isPublic || !hasSource(name)) rmSync(join(dist, name), { recursive: true, force: true });
  }
}

/** The declaration that package.json names in `types`, and all that it imports. */
function publicDeclarations() {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const [, to] of readFileSync(join(dist, name), 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g))
      visit(relative(dist, join(dist, dirname(name), `${to}.d.ts`)));
  };
  visit(join('src', 'index.d.ts'));
  return found;
}

module.exports = { build };
if (require.main === module) {
  setUp();
  build();
}
