'use strict';
// One web server, on this machine only: Node-RED, and the comparison page at /compare/.
const { once } = require('node:events');
const { createServer } = require('node:http');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { root } = require('../setup');
const { prepareNodeRed } = require('./nodeRed');

const express = createRequire(require.resolve('node-red/package.json'))('express');

const HOST = '127.0.0.1';
const PORT = 1880;
/** Ports tried after the wanted one. */
const TRIES = 100;

/** Serves until closed. `demo` is the folder with pairs.json and its media. */
async function serve({ home, demo, port: wanted, signal }) {
  const app = express().disable('x-powered-by');
  const server = createServer(app);
  app.use('/compare', comparePage(demo));
  const port = await listen(server, wanted);
  if (port !== wanted && wanted !== 0) console.log(`Port ${wanted} is in use; using ${port}.`);

  console.log('Starting Node-RED…');
  const RED = prepareNodeRed(server, home);
  app.use(RED.httpAdmin);
  app.use(RED.httpNode);
  const served = {
    nodeRed: `http://${HOST}:${port}/`,
    compare: `http://${HOST}:${port}/compare/`,
    async close() {
      await RED.stop(); // suspends what runs, which takes less than three seconds
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  try {
    await RED.start();
    signal.throwIfAborted();
    return served;
  } catch (error) {
    await served.close();
    throw error;
  }
}

function comparePage(demo) {
  const page = express.Router({ strict: true });
  page.use((_, response, next) => {
    response.set('Content-Security-Policy', "default-src 'self'; img-src 'self' data:; base-uri 'none'");
    response.set('Cache-Control', 'no-cache'); // revalidated on every request
    next();
  });
  page.get('/pairs.json', (_, response) => response.sendFile('pairs.json', { root: demo }));
  page.use('/media', express.static(join(demo, 'media'), { cacheControl: false, index: false })); // supports Range requests
  page.use(express.static(join(root, 'resources', 'compare'), { cacheControl: false }));
  page.use('/tokens.css', express.static(join(root, 'resources', 'tokens.css'), { cacheControl: false }));
  return page;
}

/** The port of the environment, or Node-RED's usual one. */
function wantedPort() {
  const text = process.env['PORT'] ?? '';
  if (text === '') return PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw Object.assign(new Error(`PORT is “${text}”, which is not a port number`), {
    code: 'BAD_SETTING',
    remedy: 'Set it to a number from 1 to 65535, or unset it.',
  });
}

/** Listens at the wanted port or the next free one. */
async function listen(server, wanted) {
  for (let port = wanted; port <= Math.min(65535, wanted + TRIES); port++) {
    try {
      server.listen(port, HOST);
      await once(server, 'listening'); // rejects when 'error' comes instead
      return server.address().port;
    } catch (error) {
      if (error.code === 'EADDRINUSE') continue;
      if (error.code !== 'EACCES') throw error;
      throw Object.assign(new Error(`No permission to use port ${port}`, { cause: error }), {
        code: 'BAD_SETTING',
        remedy: 'Set PORT to another one, for example PORT=8080.',
      });
    }
  }
  throw Object.assign(new Error(`No port from ${wanted} to ${Math.min(65535, wanted + TRIES)} is free`), {
    code: 'BAD_SETTING',
    remedy: 'Set PORT to another one.',
  });
}

module.exports = { serve, wantedPort };
