import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Usual paths of a browser; REMASTER_CHROMIUM names another. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** A browser of this machine; null, with a printed line, if there is none. */
export async function startBrowser(): Promise<Browser | null> {
  const program = [process.env['REMASTER_CHROMIUM'], ...PLACES].find((path) => path !== undefined && existsSync(path));
  if (program !== undefined) return chromium.launch({ executablePath: program, args: FLAGS });
  process.stdout.write(`    no chromium in ${PLACES.join(', ')} or REMASTER_CHROMIUM: browser tests are skipped\n`);
  return null;
}
