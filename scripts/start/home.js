'use strict';
const { mkdirSync } = require('node:fs');
const { resolve } = require('node:path');
const { root } = require('../setup');

/** The folder of everything `npm start` writes; git ignores it. */
function homeFolder() {
  const home = resolve(root, process.env['REMASTER_HOME'] || '.remaster');
  mkdirSync(home, { recursive: true });
  return home;
}

module.exports = { homeFolder };
