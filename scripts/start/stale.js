'use strict';
const { readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { root } = require('../setup');

/** Whether dist/ is missing, or was made before something that it is made of was changed. */
function isStale() {
  // The pages are what a build copies last: without them, or with older ones, it did not end well.
  const pages = newest(join(root, 'dist', 'nodes'), (name) => name.endsWith('.html'));
  const parts = ['src', 'nodes', 'tsconfig.json', join('scripts', 'build.js')];
  return parts.some((part) => newest(join(root, part)) > pages);
}

/** The last change in a file or folder, in milliseconds since 1970; 0 where there is none. */
function newest(path, counts = () => true) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats && counts(path) ? stats.mtimeMs : 0;
  // The folder's own time tells of files that were removed.
  return readdirSync(path).reduce(
    (last, name) => Math.max(last, newest(join(path, name), counts)),
    counts(path) ? stats.mtimeMs : 0,
  );
}

module.exports = { isStale };
