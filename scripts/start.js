'use strict';
// npm start: install, build, upscale the sample clip, then serve Node-RED with the example flows and the comparison page.
const { join, relative } = require('node:path');
const { parseArgs } = require('node:util');
const { build } = require('./build');
const { setUp, version } = require('./setup');
const { isStale } = require('./start/stale');

const HELP = `npm start                   upscale the sample clip, then serve Node-RED and the comparison page
npm start -- --no-serve     upscale the sample clip and exit (also: REMASTER_ONCE=1)
npm start -- --again        upscale it again

PORT           port to serve at (default 1880; the next free port if it is in use)
REMASTER_HOME  folder for results, flows and settings (default: .remaster in the repository)
`;

async function main() {
  const { values } = read(process.argv.slice(2));
  if (values.help) return void process.stdout.write(HELP);
  const isOnce = values['no-serve'] || /^(1|true|yes)$/i.test(process.env['REMASTER_ONCE'] ?? '');

  setUp();
  if (isStale()) {
    console.log('Building…');
    build();
  }
  // These need the packages and dist/, which the lines above may have just created.
  const { homeFolder } = require('./start/home');
  const { restoreSample } = require('./start/sample');
  const { serve, wantedPort } = require('./start/serve');

  const { signal } = stopper();
  console.log(`remaster ${version()}`);
  try {
    const port = wantedPort(); // fails before the work starts
    const home = homeFolder();
    const demo = await restoreSample(home, { again: values.again ?? false, signal });
    if (isOnce) return;
    const served = await serve({ home, demo, port, signal });
    console.log(`Flows and settings of Node-RED: ${relative(process.cwd(), join(home, 'node-red'))}`);
    console.log('No flow runs until you click a button in it. Press Ctrl-C to stop.');
    console.log(`Node-RED with the example flows: ${served.nodeRed}`);
    console.log(`Before and after: ${served.compare}`);
    await aborted(signal);
    await served.close();
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    // A script that waits for the result must learn that there is none.
    if (isOnce) process.exitCode = 130;
  }
  console.log('Stopped.');
}

function read(args) {
  try {
    return parseArgs({
      args,
      options: {
        'no-serve': { type: 'boolean' },
        again: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** Aborted by Ctrl-C, SIGTERM and SIGHUP. A second Ctrl-C exits at once; engines end when their parent has gone. */
function stopper() {
  const stop = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(event, () => {
      if (stop.signal.aborted && event === 'SIGINT') process.exit(130);
      if (process.stdout.isTTY) process.stdout.write('\n'); // after the terminal's ^C
      stop.abort(new Error(`stopped by ${event}`));
    });
  }
  return stop;
}

/** Settles when the signal is aborted; holds the process until then. */
const aborted = (signal) =>
  new Promise((resolve) => {
    const hold = setInterval(() => {}, 2 ** 30);
    const end = () => {
      clearInterval(hold);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

/** Prints what happened and what to do. */
function explain(error) {
  const { code, message, remedy, detail, path } = error;
  if (remedy !== undefined) {
    console.error(`\n${code}: ${message}${/[.!?]$/.test(message) ? '' : '.'}${remedy ? `\n${remedy}` : ''}`);
    if (detail && /^(INTERNAL|ENGINE_CRASHED|ENCODE_FAILED|FFMPEG_MISSING|RUNTIME_MISSING)$/.test(code))
      console.error(detail.trim());
  } else if (/^E(ACCES|PERM|ROFS|NOSPC|DQUOT|NOTDIR)$/.test(code ?? '') && path) {
    console.error(
      `\n${path} cannot be written (${code}). Free disk space, change its permissions, or set REMASTER_HOME to another folder.`,
    );
  } else {
    console.error(error);
  }
}

main()
  .catch((error) => {
    explain(error);
    process.exitCode = 1;
  })
  // Node-RED and its nodes leave timers and sockets open; jobs and engines have been closed.
  .finally(() => process.exit());
