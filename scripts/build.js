'use strict';
// TypeScript → dist/, and beside the compiled nodes their pages, words and icons, where Node-RED looks for them.
const { cpSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { bin, root, run, setUp } = require('./setup');

function build() {
  run(bin('tsc'), ['-p', '.']);
  const isPage = (path) => !path.endsWith('.ts');
  for (const name of readdirSync(join(root, 'nodes'))) {
    if (isPage(name))
      cpSync(join(root, 'nodes', name), join(root, 'dist', 'nodes', name), { recursive: true, filter: isPage });
  }
}

module.exports = { build };
if (require.main === module) {
  setUp();
  build();
}
