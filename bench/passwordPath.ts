/**
 * bench/passwordPath: how a camera's password travels: typed into the editor, Deploy, the camera, a restart, the camera
 * again, in Node-RED 4 and 5. Prints what each of them was seen to hold or to send. Needs Chromium.
 * Usage: node dist/bench/passwordPath.js
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { enter, openEditor } from '../test/nodes/support/editorFields';
import { startBrowser } from '../test/nodes/support/browser';
import { model, upscale, videoIn, videoOut } from '../test/nodes/support/flows';
import {
  installedPackage,
  type Major,
  nodeRed4,
  nodeRed5,
  remove,
  Runtime,
  userDirectory,
} from '../test/nodes/support/nodeRed';
import { type Camera, startCamera } from '../test/pipeline/jobs/live/httpCamera';

const LOGIN = { username: 'joe', password: 'S3cret/@:' };
/** Plain, in a URL, and in an Authorization header. */
const SECRETS = [LOGIN.password, encodeURIComponent(LOGIN.password), basic(LOGIN.password)];

const FLOW = [
  { id: 'tab', type: 'tab', label: 'camera' },
  model({ model: 'x4-live' }),
  videoIn({ source: 'address', address: 'http://127.0.0.1:9/video', addressType: 'str', autostart: true }),
  upscale(),
  videoOut({ target: 'mjpeg', folder: '', wires: [[], []] }),
];

async function main(): Promise<void> {
  const browser = await startBrowser();
  if (!browser) throw new Error('There is no browser.');
  const installed = await installedPackage();
  const camera = await startCamera({ width: 64, height: 36, rate: 8, kind: 'mjpeg', login: LOGIN });
  try {
    for (const major of [nodeRed4, await nodeRed5()]) await travel(major, userDirectory(installed), browser, camera);
  } finally {
    await browser.close();
    await camera.close();
  }
}

async function travel(major: Major, folder: string, browser: Browser, camera: Camera): Promise<void> {
  let red = await Runtime.start(major, folder);
  const context = await browser.newContext();
  const say = (text: string): void => console.log(text.replaceAll(basic(LOGIN.password), 'BASE64(joe:S3cret/@:)'));
  const shown = async (): Promise<void> => {
    await red.until(() => /^64x36 [5-9](\.\d)?fps$/.test(red.text('in')), 'the camera is seen', 60_000);
    say(`camera     it was sent “Authorization: ${camera.logins.at(-1)}”; status of video in: ${red.text('in')}`);
  };
  const lookForIt = (): void => {
    say(`files      ${filesWith(folder)}`);
    say(
      `ps         ${hasSecret(execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })) ? 'THE PASSWORD' : 'no password'}`,
    );
    say(
      `logs       ${hasSecret(red.logs.join('\n') + JSON.stringify(red.statuses)) ? 'THE PASSWORD' : 'no password, nor in a status'}`,
    );
  };
  try {
    await red.deploy(FLOW);
    say(`\n${major.name} (${red.version})`);
    const page: Page = await openEditor(context, red.url);
    const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/flows'));
    const typed = camera.url.replace('//', `//${LOGIN.username}:${LOGIN.password}@`);
    say(`editor     Address: ${typed}, Done, Deploy`);
    await enter(page, 'in', { address: typed });
    const { flows } = (await sent).postDataJSON() as {
      flows: { id: string; address?: string; credentials?: object }[];
    };
    const { address, credentials } = flows.find(({ id }) => id === 'in')!;
    say(`Deploy     sends address ${JSON.stringify(address)} and credentials ${JSON.stringify(credentials)}`);
    await shown();
    lookForIt();
    say(`editor     asks for the credentials and gets ${JSON.stringify(await red.get('credentials/remaster-in/in'))}`);
    await red.stop();
    red = await Runtime.start(major, folder);
    say('restart');
    await shown();
    lookForIt();
  } finally {
    await context.close();
    await red.stop();
    remove(folder);
  }
}

function basic(password: string): string {
  return Buffer.from(`joe:${password}`).toString('base64');
}

const hasSecret = (text: string): boolean => SECRETS.some((secret) => text.includes(secret));

/** Which files of the user directory hold the password, and what the one for credentials looks like. */
function filesWith(folder: string): string {
  const files = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
  const open = files.filter((name) => hasSecret(readFileSync(join(folder, name), 'utf8')));
  const kept = readFileSync(join(folder, 'flows_cred.json'), 'utf8');
  return `${open.length === 0 ? 'no password in' : `THE PASSWORD IN ${open.join(', ')} of`} ${files.join(', ')}; flows_cred.json: ${kept.slice(0, 24)}…`;
}

void main();
