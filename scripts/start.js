'use strict';
// npm start: set-up, build, the sample clip restored, then Node-RED with the example flows and the before/after page.
const { parseArgs } = require('node:util');
const { build } = require('./build');
const { setUp, version } = require('./setup');
const { isStale } = require('./start/stale');

const HELP = `npm start                   restore the sample clip, then serve Node-RED and the before/after page
npm start -- --no-serve     restore the sample clip and end (also: REMASTER_ONCE=1)
npm start -- --again        restore it also when that was done before

PORT           the port to serve at (default 1880; when it is taken, the next free one)
REMASTER_HOME  where the results, the flows and their settings are kept (default: .remaster in the repository)
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
  // What follows needs the packages and dist/, which the lines above may have made just now.
  const { homeFolder } = require('./start/home');
  const { restoreSample } = require('./start/sample');
  const { serve, wantedPort } = require('./start/serve');

  const { signal } = stopper();
  console.log(`remaster ${version()}`);
  try {
    const port = wantedPort(); // a mistake in it is said before the minute of work
    const home = homeFolder();
    const demo = await restoreSample(home, { again: values.again ?? false, signal });
    if (isOnce) return;
    const served = await serve({ home, demo, port, signal });
    console.log('Ctrl-C ends it.');
    console.log(`Node-RED with the example flows: ${served.nodeRed}`);
    console.log(`Before and after: ${served.compare}`);
    await aborted(signal);
    await served.close();
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    // Whoever waits for the result must hear that there is none; whoever only looks around has ended it themselves.
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

/** Aborted by Ctrl-C, by the system, and by the terminal's end. A second Ctrl-C does not wait for the tidying up. */
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

/** The sentences for whoever typed the command: what, which, what now. */
function explain(error) {
  const { code, message, remedy, detail, path } = error;
  if (remedy !== undefined) {
    console.error(`\n${code}: ${message}${/[.!?]$/.test(message) ? '' : '.'}${remedy ? `\n${remedy}` : ''}`);
    if (detail && /^(INTERNAL|ENGINE_CRASHED|ENCODE_FAILED|FFMPEG_MISSING|RUNTIME_MISSING)$/.test(code))
      console.error(detail.trim());
  } else if (/^E(ACCES|PERM|ROFS|NOSPC|DQUOT|NOTDIR)$/.test(code ?? '') && path) {
    console.error(
      `\n${path} cannot be written (${code}). Free some space, or allow it, or set REMASTER_HOME to a folder of yours.`,
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
  // Node-RED and its nodes leave timers and sockets behind; everything that matters has been closed.
  .finally(() => process.exit());
