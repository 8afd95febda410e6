import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from '../../../../src/engine/client/engine';
import type { LiveInput } from '../../../../src/settings/liveJob';
import { enginesAndFfmpegs, processes, revealingProcesses } from '../../../support/processes';
import { binary, description, scratchFolder } from '../../../support/videos';
import { startCamera } from './httpCamera';
import { at, liveJob, pattern } from './liveJob';
import { FILM, freePort, serveFolder, startPeer } from './peer';

const PASSWORD = 's3cr3t-w0rd/@:';
const login = { username: 'joe', password: PASSWORD };

describe('a network peer', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const ends: { stop(): Promise<unknown> }[] = [];
  let engine: Engine;
  let hasSrt = false;

  const own = <T extends { stop(): Promise<unknown> }>(end: T): T => {
    ends.push(end);
    return end;
  };
  const until = async (isSo: () => boolean, what: () => string): Promise<void> => {
    for (let i = 0; i < 1500 && !isSo(); i++) await sleep(20);
    assert.ok(isSo(), what());
  };

  before(async () => {
    engine = createEngine(5); // shared by all tests, because starting it takes longer than a test
    const { path } = await binary();
    hasSrt = /\bsrt\b/.test(execFileSync(path, ['-hide_banner', '-protocols'], { encoding: 'utf8' }));
  });
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end.stop()));
    assert.deepEqual(processes(/ffmpeg/), [], 'nothing is left');
  });
  after(async () => {
    await engine.close();
    assert.deepEqual(await enginesAndFfmpegs(), [], 'nothing is left');
  });

  /** Waits for three frames of a source; meanwhile no process list shows the password. */
  async function isSeen(input: LiveInput, words: () => string = () => ''): Promise<void> {
    const sizes: string[] = [];
    const heard: string[] = [];
    const running = engine.live(liveJob(input, { source: { retryMin: 0.2, retryMax: 0.5 } }), {
      onCamera: (state) => heard.push(JSON.stringify(state)),
      onJpeg({ width, height, index }) {
        sizes.push(`${width}x${height}`);
        running.requestJpeg({ newerThan: index });
      },
    });
    own(running);
    running.requestJpeg();
    const revealing = new Set<string>();
    await until(
      () => {
        for (const one of revealingProcesses('s3cr3t')) revealing.add(one);
        return sizes.length >= 3;
      },
      () => [...heard.slice(-4), words()].join('\n'),
    );
    assert.deepEqual(
      [...revealing].filter((one) => !one.includes('listen')),
      [],
    ); // the peers listen
    assert.equal(sizes[0], '256x144');
    assert.doesNotMatch(heard.join(), /s3cr3t/);
    assert.ok(processes(/ffmpeg/).length > 0);
  }

  describe('sends', () => {
    it('MPEG-TS over TCP', async () => {
      const port = await freePort();
      const peer = own(await startPeer(...FILM, '-f', 'mpegts', `tcp://127.0.0.1:${port}?listen=1`));
      await isSeen(at(`tcp://127.0.0.1:${port}`), peer.words);
    });

    it('MPEG-TS over UDP', async () => {
      const port = await freePort();
      const peer = own(await startPeer(...FILM, '-f', 'mpegts', `udp://127.0.0.1:${port}?pkt_size=1316`));
      await isSeen(at(`udp://127.0.0.1:${port}`), peer.words);
    });

    for (const [what, query] of [
      ['RTMP', ''],
      ['RTMP with a token', '?token=s3cr3t'],
    ] as const) {
      it(what, async () => {
        const port = await freePort();
        const address = `rtmp://127.0.0.1:${port}/live/door`;
        const peer = own(await startPeer(...FILM, '-f', 'flv', '-listen', '1', address));
        await isSeen(at(`${address}${query}`), peer.words);
      });
    }

    it('SRT, encrypted', async function () {
      if (!hasSrt) this.skip();
      const address = `srt://127.0.0.1:${await freePort()}`;
      const key = 'passphrase=l0ng-s3cr3t-phrase';
      const peer = own(await startPeer(...FILM, '-f', 'mpegts', `${address}?mode=listener&${key}`));
      const [before] = [processes(/s3cr3t/).length];
      assert.equal(before, 1); // that of the peer
      const frames: number[] = [];
      const running = engine.live(liveJob(at(`${address}?${key}`), { source: { retryMin: 0.2, retryMax: 0.5 } }), {
        onJpeg({ index }) {
          frames.push(index);
          running.requestJpeg({ newerThan: index });
        },
      });
      own(running);
      running.requestJpeg();
      await until(() => frames.length >= 3, peer.words);
      assert.equal(processes(/s3cr3t/).length, 1);
    });

    it('live HLS from a web server with Digest authentication', async () => {
      mkdirSync(join(folder, 'hls'));
      const list = join(folder, 'hls', 'index.m3u8');
      const pieces = ['-f', 'hls', '-hls_time', '1', '-hls_list_size', '5', '-hls_flags', 'delete_segments'];
      const peer = own(await startPeer(...FILM, ...pieces, '-y', list));
      await until(() => existsSync(list), peer.words);
      const site = own(await serveFolder(join(folder, 'hls'), { ...login, kind: 'digest' }));
      await isSeen(at(`${site.url}/index.m3u8`, login), peer.words);
    });

    for (const kind of ['basic', 'digest'] as const) {
      it(`MJPEG over HTTP with ${kind} authentication`, async () => {
        const eye = await startCamera({ kind: 'mjpeg', login: { ...login, kind }, rate: 8, width: 64, height: 36 });
        own({ stop: () => eye.close() });
        await isSeen(at(eye.url, login));
      });
    }
  });

  describe('receives', () => {
    /** Pushes to a listener until it has received a valid video. */
    async function gets(address: string, ...listener: readonly string[]): Promise<void> {
      const file = join(folder, `${address.replace(/\W+/g, '-')}.ts`);
      const soon = ['-analyzeduration', '500000', '-fpsprobesize', '0'];
      const peer = own(await startPeer(...soon, ...listener, '-c', 'copy', '-flush_packets', '1', '-y', file));
      const target = { kind: 'push', address, username: null, password: null } as const;
      const troubles: string[] = [];
      own(
        engine.live(liveJob(pattern('64x36', 8), { target }), {
          onRecoverableError: ({ detail }) => troubles.push(detail),
        }),
      );
      await until(
        () => existsSync(file) && statSync(file).size > 4000,
        () => [...troubles, peer.words()].join('\n'),
      );
      assert.match(await description(file), /Video: h264.*256x144/);
    }

    it('RTMP', async () => {
      const address = `rtmp://127.0.0.1:${await freePort()}/live/door`;
      await gets(address, '-listen', '1', '-i', address);
    });

    it('SRT', async function () {
      if (!hasSrt) this.skip();
      const address = `srt://127.0.0.1:${await freePort()}`;
      await gets(address, '-i', `${address}?mode=listener`);
    });

    it('MPEG-TS over TCP', async () => {
      const address = `tcp://127.0.0.1:${await freePort()}`;
      await gets(address, '-f', 'mpegts', '-i', `${address}?listen=1`);
    });
  });
});
