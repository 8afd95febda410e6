'use strict';
// Node-RED inside this process, with our package and its example flows.
const { randomBytes } = require('node:crypto');
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { root } = require('../setup');

const EXAMPLES = join(root, 'examples', 'flows');

/** Prepares Node-RED for a server; `start` runs its flows. The caller stops it. */
function prepareNodeRed(server, home) {
  const RED = require('node-red');
  const userDir = join(home, 'node-red');
  mkdirSync(userDir, { recursive: true });
  copyExampleFlows(join(userDir, 'flows.json'));
  RED.init(server, {
    userDir,
    flowFile: 'flows.json',
    credentialSecret: secretIn(userDir),
    nodesDir: [root], // registers the whole package: nodes, words, icons, and the flows under Import → Examples
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: {
      tours: false,
      projects: { enabled: false },
      page: { title: 'remaster · Node-RED' },
      header: { title: 'remaster' },
    },
    logging: { console: { level: 'error', metrics: false, audit: false } },
  });
  return RED;
}

/** The example flows as tabs, the first time only: from then on the flows are the user's. */
function copyExampleFlows(path) {
  if (existsSync(path)) return;
  writeFileSync(path, `${JSON.stringify(exampleFlows(), null, 4)}\n`);
}

/** All examples in one set of flows, with one model node instead of one for each. */
function exampleFlows() {
  const files = readdirSync(EXAMPLES)
    .filter((name) => name.endsWith('.json'))
    .toSorted();
  const nodes = files.flatMap((name) => JSON.parse(readFileSync(join(EXAMPLES, name), 'utf8')));
  const models = new Map();
  const duplicates = new Map();
  for (const { id, ...settings } of nodes.filter(({ type }) => type === 'remaster-model')) {
    const alike = JSON.stringify(settings);
    if (models.has(alike)) duplicates.set(id, models.get(alike));
    else models.set(alike, id);
  }
  // Flows that watch a folder stay disabled: they would restore every new video in the home folder.
  const watching = new Set(nodes.filter(({ type }) => type === 'watch').map(({ z }) => z));
  return nodes
    .filter(({ id }) => !duplicates.has(id))
    .map((node) => (duplicates.has(node.model) ? { ...node, model: duplicates.get(node.model) } : node))
    .map((node) => (watching.has(node.id) ? { ...node, disabled: true } : node));
}

/** The key of the encrypted credentials of the flows; created once and kept. */
function secretIn(userDir) {
  const path = join(userDir, 'credential-secret');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 });
  return readFileSync(path, 'utf8').trim();
}

module.exports = { prepareNodeRed };
