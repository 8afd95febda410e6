import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Gallery, type Viewer } from '../../nodes/gallery';
import { parseAddress, redacted, withCredentials } from '../../src/pipeline/live/address';
import { mp4Parts } from '../../src/pipeline/live/boxes';
import { effort, ladder, type Rung } from '../../src/pipeline/live/effort';
import { targetOptions } from '../../src/pipeline/live/encoding';
import { forecast, isTooLate } from '../../src/pipeline/live/forecast';
import { deviceOptions, liveInput } from '../../src/pipeline/live/input';
import type { LivePicture } from '../../src/pipeline/live/job';
import { Newest } from '../../src/pipeline/live/newest';
import { keepWithin } from '../../src/pipeline/live/retention';
import { authorization } from '../../src/pipeline/live/rtspRelay';
import { checkLive } from '../../src/pipeline/live/settings';
import { tally } from '../../src/pipeline/live/tally';
import { Turns } from '../../src/pipeline/live/turns';
import { binary, ff, moving, scratchFolder } from '../films';
import { at, liveJob, pattern } from './job';

const never = new AbortController().signal;

describe('the newest', () => {
  it('wins, and what it overtakes is told', async () => {
    const lost: number[] = [];
    const place = new Newest<number>((old) => lost.push(old));
    for (const n of [1, 2, 3]) place.put(n);
    await place.filled(never);
    assert.deepEqual([place.take(), place.take(), lost], [3, null, [1, 2]]);
  });

  it('is waited for, unless nobody wants it any more', async () => {
    const place = new Newest<number>(() => {});
    const waiting = place.filled(never);
    place.put(1);
    await waiting;
    assert.equal(place.take(), 1);
    const stop = new AbortController();
    const vain = place.filled(stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(vain, /enough/);
  });
});

describe('turns', () => {
  /** Gives `rounds` turns to sharers that always want one and need so many milliseconds; answers with the time each got. */
  async function share(costs: readonly number[], rounds: number): Promise<number[]> {
    const turns = new Turns();
    const used = costs.map(() => 0);
    let left = rounds;
    await Promise.all(
      costs.map(async (cost, i) => {
        const seat = turns.join();
        while (left-- > 0) {
          const { done } = await seat.turn(never);
          used[i]! += cost;
          await Promise.resolve();
          done(cost);
        }
        seat.leave();
      }),
    );
    return used;
  }

  it('one alone has them all', async () => assert.deepEqual(await share([7], 10), [70]));

  it('eight equals get equal numbers', async () => {
    assert.deepEqual(
      await share(
        Array.from({ length: 8 }, () => 50),
        80,
      ),
      Array.from({ length: 8 }, () => 500),
    );
  });

  it('who needs longer comes less often, so that time is shared evenly', async () => {
    const used = await share([10, 40, 160], 400);
    const [least, most] = [Math.min(...used), Math.max(...used)];
    assert.ok(most - least <= 320, used.join());
  });

  it('who was away does not hold up the others when it comes back', async () => {
    const turns = new Turns();
    const [late, busy] = [turns.join(), turns.join()];
    for (let i = 0; i < 100; i++) (await busy.turn(never)).done(50);
    const order: string[] = [];
    const want = async (name: string, seat: typeof late, times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        const { done } = await seat.turn(never);
        order.push(name);
        await Promise.resolve();
        done(50);
      }
    };
    await Promise.all([want('busy', busy, 6), want('late', late, 6)]);
    assert.ok(order.slice(0, 5).includes('busy'), order.join());
  });

  it('who is stopped while waiting loses the turn to the next', async () => {
    const turns = new Turns();
    const [a, b, c] = [turns.join(), turns.join(), turns.join()];
    const { done } = await a.turn(never);
    const stop = new AbortController();
    const stopped = b.turn(stop.signal);
    const next = c.turn(never);
    stop.abort(new Error('enough'));
    await assert.rejects(stopped, /enough/);
    done(1);
    (await next).done(1);
  });

  it('is shared by those of one kind, as far as that is worth it and there is time, and each pays its part', async () => {
    const turns = new Turns();
    const seats = Array.from({ length: 6 }, () => turns.join());
    const wish = { kind: 'a', most: 3, cost: 40, limit: 250 };
    const holder = await seats[0]!.turn(never);
    const sizes: number[] = [];
    const all = [wish, wish, { ...wish, kind: 'b' }, { ...wish, cost: 240 }, { ...wish, limit: 60 }].map(
      async (each, i) => {
        const turn = await seats[i + 1]!.turn(never, each);
        sizes[i] = turn.size;
        assert.equal(turn.expected, turn.size === 2 ? 80 : each.cost);
        turn.done(each.cost);
      },
    );
    holder.done(40);
    await Promise.all(all);
    assert.deepEqual(sizes, [2, 2, 1, 1, 1]);
  });

  it('stays fair when some always go together and others alone', async () => {
    const turns = new Turns();
    const used = [0, 0, 0, 0];
    let left = 600;
    await Promise.all(
      used.map(async (_, i) => {
        const seat = turns.join();
        const wish = { kind: i < 3 ? 'a' : null, most: 4, cost: 40, limit: 1000 };
        while (left-- > 0) {
          const { done, size } = await seat.turn(never, wish);
          const cost = size > 1 ? 20 : 40; // together is quicker
          used[i]! += cost;
          await Promise.resolve();
          done(cost);
        }
        seat.leave();
      }),
    );
    const [least, most] = [Math.min(...used), Math.max(...used)];
    assert.ok(most - least <= 120, used.join());
  });
});

describe('the tally', () => {
  it('counts for ever, and looks ten seconds back', () => {
    let now = 0;
    const numbers = tally(() => now);
    for (; now < 20_000; now += 100) {
      numbers.came();
      if (now % 200 === 0) numbers.made(now < 10_000 ? 900 : 50);
      else numbers.dropped(30);
    }
    const { in: came, out, dropped, fps, fpsIn, dropShare, latency, ageAtDrop } = numbers.counts();
    assert.deepEqual([came, out, dropped], [200, 100, 100]);
    assert.ok(Math.abs(fps! - 5) < 0.2 && Math.abs(fpsIn! - 10) < 0.2 && Math.abs(dropShare - 0.5) < 0.02);
    assert.deepEqual(
      [latency, ageAtDrop],
      [
        { p50: 50, p95: 50, p99: 50 },
        { p50: 30, p95: 30, p99: 30 },
      ],
    );
  });

  it('of nothing is nothing', () => {
    assert.deepEqual(tally().counts(), {
      ...{ in: 0, out: 0, dropped: 0, fps: null, fpsIn: null, dropShare: 0, latency: null, ageAtDrop: null, missed: 0 },
    });
  });

  it('knows what was left out on purpose from what was too late', () => {
    const numbers = tally();
    for (let i = 0; i < 20; i++) {
      numbers.came();
      if (i % 2 === 0) numbers.spared();
      else if (i % 4 === 1) numbers.dropped(30);
      else numbers.made(50);
    }
    const { out, dropped, dropShare, missed, ageAtDrop } = numbers.counts();
    assert.deepEqual([out, dropped, dropShare, missed, ageAtDrop!.p50], [5, 15, 0.75, 0.5, 30]);
  });
});

describe('a forecast', () => {
  it('knows what a picture usually costs, and what nearly all of them cost at most', () => {
    const cost = forecast();
    assert.deepEqual([cost.usual, cost.most], [0, 0]);
    for (let i = 1; i <= 40; i++) cost.add(i % 20 === 0 ? 900 : 100 + (i % 5));
    assert.deepEqual([cost.usual, cost.most], [102, 104]);
    for (let i = 0; i < 3; i++) cost.add(480);
    let dropped = 0;
    for (; isTooLate(50, cost, 500); dropped++) cost.doubt();
    assert.ok(dropped > 0 && dropped <= 60, `${dropped} pictures are kept out after a bad moment`);
    cost.forget();
    cost.add(7);
    assert.deepEqual([cost.usual, cost.most], [7, 7]);
  });

  it('drops what could not be ready in time, but never everything', () => {
    assert.equal(isTooLate(300, { usual: 150, most: 190 }, 500), false);
    assert.equal(isTooLate(320, { usual: 150, most: 190 }, 500), true);
    assert.equal(isTooLate(320, { usual: 150, most: 600 }, 500), false); // now and then too slow in any case
    assert.equal(isTooLate(360, { usual: 150, most: 600 }, 500), true);
    assert.equal(isTooLate(4000, { usual: 700, most: 900 }, 500), false); // always too slow
  });
});

describe('effort', () => {
  const own = { isFollowing: true, hasLight: false, part: 'never', even: false } as const;
  const STEPS = ladder({ ...own, steps: 4 });
  const ALL = ladder({ ...own, steps: 4, hasLight: true, part: 'slow', even: true });
  /** What a picture costs on each rung, in steps of the own model. */
  const costOf = ({ isLight, steps, isPart }: Rung): number => (isLight ? 0.4 : steps) * (isPart ? 0.3 : 1);

  /** Runs a camera of `rate` pictures a second on a machine that takes `cost(second)` ms per step, for some minutes. */
  function levels(rungs: readonly Rung[], rate: number, cost: (second: number) => number, seconds: number): Rung[] {
    let now = 0;
    const chosen = effort(rungs, 500, () => now);
    return Array.from({ length: seconds }, (_, second) => {
      now = second * 1000;
      const rung = rungs[chosen.level]!;
      const work = cost(second) * costOf(rung);
      const wanted = rate / rung.every;
      const made = Math.min(wanted, 1000 / work);
      chosen.look({ dropShare: 1 - made / wanted, latency: work + 20, work, rate });
      return rungs[chosen.level]!;
    });
  }
  const changes = (seen: readonly Rung[]): number => seen.filter((rung, i) => i > 0 && rung !== seen[i - 1]).length;

  it('knows what may be done, best first', () => {
    const words = (rungs: readonly Rung[]): string =>
      rungs
        .map(({ isLight, steps, isPart, every }) =>
          [isLight ? 'light' : steps, ...(isPart ? ['part'] : []), ...(every > 1 ? [`1/${every}`] : [])].join(' '),
        )
        .join(', ');
    assert.equal(words(STEPS), '4, 2, 1');
    assert.equal(words(ladder({ ...own, steps: 15 })), '15, 7, 3, 1');
    assert.equal(words(ALL), '4, 2, 1, light, light part, light part 1/2, light part 1/4, light part 1/8');
    assert.equal(words(ladder({ ...own, steps: 2, part: 'always' })), '2 part, 1 part');
    assert.equal(words(ladder({ ...own, isFollowing: false, steps: 4, hasLight: true, even: true })), '4');
  });

  it('stays where it is while all is well, and goes down as far as it must', () => {
    assert.deepEqual(new Set(levels(STEPS, 10, () => 15, 60)), new Set([STEPS[0]]));
    assert.equal(levels(STEPS, 10, () => 45, 60).at(-1), STEPS[1]);
    assert.equal(levels(STEPS, 25, () => 200, 60).at(-1), STEPS[2]);
    assert.equal(levels(ALL, 10, () => 200, 60).at(-1), ALL[3]);
    assert.equal(levels(ALL, 10, () => 400, 60).at(-1), ALL[4]);
    assert.equal(levels(ALL, 25, () => 900, 90).at(-1), ALL.at(-2));
  });

  it('comes back when the machine is free again', () => {
    for (const rungs of [STEPS, ALL]) {
      const seen = levels(rungs, 10, (second) => (second < 60 ? 300 : 10), 400);
      assert.equal(seen[59], rungs === STEPS ? STEPS[2] : ALL[3]);
      assert.equal(seen.at(-1), rungs[0]);
    }
  });

  it('does not swing to and fro at the edge', () => {
    for (const cost of [20, 25, 30, 40, 50, 60, 90, 120, 160, 200, 250, 300, 400, 600, 900]) {
      for (const rungs of [STEPS, ALL]) {
        const seen = levels(rungs, 10, () => cost, 600);
        const last = rungs.indexOf(seen.at(-1)!);
        assert.ok(changes(seen) <= last + 2, `${cost} ms: ${changes(seen)} changes to get to ${last}`);
      }
    }
  });

  it('does not follow a load that comes and goes', () => {
    const seen = levels(ALL, 10, (second) => (second % 20 < 10 ? 10 : 60), 1200);
    assert.ok(changes(seen) <= 16, `${changes(seen)} changes in 20 minutes`);
  });
});

describe('addresses', () => {
  it('are taken apart, with user and password in a place of their own', () => {
    assert.deepEqual(parseAddress('rtsp://joe:p%40ss:x@cam.local:554/stream1?token=t0ken'), {
      scheme: 'rtsp',
      host: 'cam.local',
      address: 'rtsp://cam.local:554/stream1?token=t0ken',
      username: 'joe',
      password: 'p@ss:x',
      label: 'cam.local:554/stream1',
    });
    assert.equal(parseAddress('udp://@:5000').address, 'udp://:5000');
    assert.equal(parseAddress('http://[::1]:8080/v').host, '::1');
    assert.equal(withCredentials('rtsp://h/x', 'a b', "p'@:"), 'rtsp://a%20b:p%27%40%3A@h/x');
  });

  it('that could be something else are refused, without being repeated', () => {
    for (const wrong of [
      '',
      '-i',
      '/etc/passwd',
      'file:///etc/passwd',
      'concat:a|b',
      'rtsp://',
      'rtsp://h/a b',
      'rtsp://h\n-y',
      'data:x',
    ]) {
      assert.throws(
        () => parseAddress(wrong),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'BAD_SETTING');
          if (wrong.length > 5) assert.ok(!error.message.includes(wrong));
          return true;
        },
        wrong,
      );
    }
  });

  it('lose their secrets in whatever ffmpeg says about them', () => {
    const said = 'rtsp://joe:s3cret@h/x?key=abc: refused; Basic am9lOnMzY3JldA; password s3cret';
    const clean = redacted(said, ['joe:s3cret', 's3cret', 'key=abc']);
    assert.doesNotMatch(clean, /s3cret|key=abc|am9lOnMzY3JldA/);
    assert.match(clean, /rtsp:\/\/\*\*\*@h\/x/);
  });
});

describe('how a camera is opened', () => {
  const options = async (address: string, changes: object = {}, program: object = {}): Promise<string> => {
    const { options: list } = await liveInput(
      { ...(await binary()), crashesOnNames: false, hasRtspTimeout: true, ...program },
      at(address, changes),
    );
    return list.join(' ');
  };

  it('by its own protocols only, and never by files', async () => {
    for (const address of [
      'rtsp://h/x',
      'http://h/x',
      'http://h/x.m3u8',
      'tcp://h:1',
      'udp://:1',
      'rtmp://h/a/b',
      'srt://h:1',
    ]) {
      const found = await options(address);
      const [, protocols] = /-protocol_whitelist (\S+)/.exec(found) ?? [];
      assert.ok(protocols && !/\b(file|pipe|data|concat|subfile)\b/.test(protocols), found);
      assert.ok(found.endsWith(`-i ${address}`));
    }
    assert.match(await options('http://h/x.m3u8'), /-re .*-f hls/);
    assert.match(await options('http://h/x.m3u8?a=b'), /-re .*-f concat/);
    assert.match(await options('http://h/x'), /-format_whitelist mpjpeg/);
    assert.doesNotMatch(await options('http://h/x'), /\bhls\b|concat/);
  });

  it('with the names that this ffmpeg has for the options', async () => {
    assert.match(await options('rtsp://h/x'), /-rtsp_flags prefer_tcp -timeout \d+/);
    assert.match(
      await options('rtsp://h/x', { transport: 'udp' }, { hasRtspTimeout: false }),
      /-rtsp_transport udp -stimeout \d+/,
    );
  });

  it('as it comes, where that works', async () => {
    assert.match(await options('tcp://h:1'), /-avioflags direct/);
    assert.doesNotMatch(await options('tcp://h:1', {}, { hasRtspTimeout: false }), /avioflags/);
  });

  it('with its password on stdin where ffmpeg can take it there', async () => {
    const login = { username: 'joe', password: 's3cret' };
    const newer = { ...(await binary()), crashesOnNames: false, hasRtspTimeout: true };
    const { options: list, script } = await liveInput(newer, at('rtsp://h/x', login));
    assert.doesNotMatch(list.join(' '), /s3cret/);
    assert.match(script!, /^ffconcat version 1.0\nfile 'rtsp:\/\/joe:s3cret@h\/x'\noption rtsp_flags 'prefer_tcp'\n/);
  });

  it('with whatever could be a secret on stdin, and still by nothing but its own formats', async () => {
    const newer = { ...(await binary()), crashesOnNames: false, hasRtspTimeout: true };
    const login = { username: 'joe', password: "s3'cret" };
    for (const [address, formats] of [
      ['http://h/x', /option format_whitelist 'mpjpeg,/],
      ['http://h/x.m3u8', /option format_whitelist 'hls,mpegts,/],
      ['rtmp://h/live/x', /option format_whitelist 'flv'/],
      ['srt://h:1', /option format_whitelist 'mpegts'/],
    ] as const) {
      const { options: list, script } = await liveInput(newer, at(address, login));
      assert.doesNotMatch(list.join(' '), /cret/);
      assert.match(script!, new RegExp(`^ffconcat version 1.0\nfile '${address.replace('//', '//joe:s3%27cret@')}'\n`));
      assert.match(script!, formats);
      const { options: open, script: token } = await liveInput(newer, at(`${address}?key=t0ken`));
      assert.ok(!open.join(' ').includes('t0ken') && token!.includes('t0ken'));
    }
    assert.match((await liveInput(newer, at("http://h/it's?a"))).script!, /\nfile 'http:\/\/h\/it'\\''s\?a'\n/);
    assert.equal((await liveInput(newer, at('udp://:5000?fifo_size=9'))).script, null);
    assert.equal((await liveInput({ ...newer, hasRtspTimeout: false }, at('http://h/x', login))).script, null);
  });

  it('by number, when this ffmpeg would crash on a name; encrypted, it is refused with a sentence', async () => {
    const old = { crashesOnNames: true };
    assert.match(await options('rtsp://localhost:8554/x', {}, old), /-i rtsp:\/\/(127\.0\.0\.1|\[::1\]):8554\/x$/);
    assert.match(await options('http://localhost/x', {}, old), /-headers Host: localhost/);
    await assert.rejects(options('rtsps://cam.local/x', {}, old), { code: 'BAD_SETTING' });
    await assert.rejects(options('rtsp://no-such-name.invalid/x', {}, old), { code: 'SOURCE_NOT_FOUND' });
  });

  it('on this machine, through the door of each system', () => {
    const camera = { kind: 'device', device: '/dev/video0', size: '1280x720', rate: 30 } as const;
    assert.equal(deviceOptions(camera, 'linux').join(' '), '-f v4l2 -video_size 1280x720 -framerate 30 -i /dev/video0');
    assert.equal(
      deviceOptions({ ...camera, device: 'USB Cam: 2', size: null, rate: null }, 'win32').join(' '),
      '-f dshow -i video=USB Cam\\: 2',
    );
    assert.equal(
      deviceOptions({ ...camera, device: 'FaceTime' }, 'darwin').join(' '),
      '-f avfoundation -video_size 1280x720 -framerate 30 -i FaceTime:none',
    );
    for (const device of ['video0', '/etc/passwd', '/dev/../etc/passwd', '-y'])
      assert.throws(() => deviceOptions({ ...camera, device }, 'linux'), { code: 'BAD_SETTING' });
  });
});

describe('a live job', () => {
  it('is checked at the door, and a password in its address goes where passwords are', () => {
    const { source } = checkLive(liveJob(at('rtsp://joe:s3cret@h/x')));
    assert.deepEqual(source.input, at('rtsp://h/x', { username: 'joe', password: 's3cret' }));
    for (const wrong of [
      liveJob(pattern('64')),
      liveJob(pattern('64x36', 0)),
      liveJob(pattern(), { source: { stall: 0 } }),
      liveJob(pattern(), { source: { retryMin: 5, retryMax: 1 } }),
      liveJob(pattern(), { target: { kind: 'push', address: 'http://h/x', username: null, password: null } }),
      liveJob(pattern(), {
        target: {
          kind: 'segments',
          folder: '/x',
          name: '../x',
          seconds: 60,
          keep: { count: null, hours: null, bytes: null },
        },
      }),
    ]) {
      assert.throws(() => checkLive(wrong), { code: 'BAD_SETTING' });
    }
  });

  it('is pushed in the way of the server', () => {
    const push = (address: string): string =>
      targetOptions({ kind: 'push', address, username: 'joe', password: 'x/y' }, 1).join(' ');
    assert.equal(push('rtsp://h/door'), '-f rtsp -rtsp_transport tcp rtsp://joe:x%2Fy@h/door');
    assert.equal(push('rtmp://h/live/key'), '-f flv -flvflags no_duration_filesize rtmp://joe:x%2Fy@h/live/key');
    assert.equal(push('srt://h:9000?mode=caller'), '-f mpegts -flush_packets 1 srt://joe:x%2Fy@h:9000?mode=caller');
  });
});

describe('parts of a fragmented MP4', () => {
  const folder = scratchFolder();
  it('are whole, however the bytes come', async () => {
    const path = join(folder, 'film.mp4');
    await ff(
      ...moving('64x36', '10', 30),
      '-c:v',
      'libx264',
      '-g',
      '10',
      '-movflags',
      '+frag_keyframe+empty_moov+default_base_moof',
      path,
    );
    const film = await import('node:fs').then(({ readFileSync }) => readFileSync(path));
    for (const size of [1, 7, 1000, film.length]) {
      const parts: { kind: string; data: Buffer }[] = [];
      const sort = mp4Parts((part) => parts.push(part));
      for (let i = 0; i < film.length; i += size) sort(film.subarray(i, i + size));
      assert.deepEqual(
        parts.map(({ kind }) => kind),
        ['init', 'fragment', 'fragment', 'fragment'],
      );
      const whole = Buffer.concat(parts.map(({ data }) => data));
      assert.ok(film.subarray(0, whole.length).equals(whole)); // behind them stands an index that no stream needs
    }
  });
});

describe('recordings', () => {
  const folder = scratchFolder();
  const target = (keep: object) => ({
    ...{ kind: 'segments' as const, folder, name: 'door', seconds: 60 },
    keep: { count: null, hours: null, bytes: null, ...keep },
  });
  const name = (hour: number, offset = '+0000'): string => `door_2026-10-25_0${hour}-00-00${offset}.mp4`;
  const make = (file: string, ageHours = 0): void => {
    writeFileSync(join(folder, file), Buffer.alloc(1000));
    const then = Date.now() / 1000 - ageHours * 3600;
    utimesSync(join(folder, file), then, then);
  };
  const files = (): string[] => readdirSync(folder).toSorted();

  it('go when there are too many, the oldest first, and nothing else goes', async () => {
    for (const file of [name(1), name(2), name(3), name(4), 'door_notes.txt', 'doorbell_2026-10-25_01-00-00+0000.mp4'])
      make(file);
    mkdirSync(join(folder, 'door_folder'), { recursive: true });
    await keepWithin(target({ count: 2 }));
    assert.deepEqual(
      files(),
      [name(3), name(4), 'door_folder', 'door_notes.txt', 'doorbell_2026-10-25_01-00-00+0000.mp4'].toSorted(),
    );
  });

  it('go when they are too old or too large together; the newest always stays', async () => {
    make(name(3), 5);
    make(name(4), 3);
    await keepWithin(target({ hours: 4 }));
    assert.ok(!files().includes(name(3)) && files().includes(name(4)));
    make(name(5));
    await keepWithin(target({ bytes: 500 }));
    assert.ok(!files().includes(name(4)) && files().includes(name(5)));
  });

  it('of the hour in which the clock is set back keep their order', async () => {
    for (const file of files().filter((one) => one.startsWith('door_2026')))
      await import('node:fs/promises').then(({ rm }) => rm(join(folder, file)));
    make(name(2, '+0200'));
    make(name(2, '+0100')); // an hour later
    await keepWithin(target({ count: 1 }));
    assert.deepEqual(
      files().filter((one) => one.startsWith('door_2026')),
      [name(2, '+0100')],
    );
  });
});

describe('a gallery', () => {
  const picture = (index: number): LivePicture => ({
    data: Buffer.alloc(4),
    width: 1,
    height: 1,
    index,
    time: 0,
    latency: 0,
  });
  /** A viewer that is through with a picture at once, or only when it says so. */
  const viewer = (isQuick: boolean): Viewer & { readonly seen: number[] } => {
    const seen: number[] = [];
    return { seen, show: ({ index }) => (seen.push(index), isQuick), end() {} };
  };

  it('asks for nothing while nobody looks, and for one picture at a time', async () => {
    const asked: number[] = [];
    const gallery = new Gallery((after) => asked.push(after));
    const quick = viewer(true);
    assert.deepEqual(asked, []);
    gallery.enter(quick);
    assert.deepEqual(asked, [-1]);
    gallery.show(picture(5));
    assert.deepEqual([asked, quick.seen], [[-1, 5], [5]]);
    gallery.leave(quick);
    gallery.show(picture(6));
    assert.deepEqual(asked, [-1, 5]);
    const next = gallery.next(1000);
    assert.deepEqual(asked, [-1, 5, 6]);
    gallery.show(picture(7));
    assert.equal((await next).index, 7);
  });

  it('shows a slow viewer the newest when it is ready, and the others everything', () => {
    const gallery = new Gallery(() => {});
    const [quick, slow] = [viewer(true), viewer(false)];
    gallery.enter(quick);
    gallery.enter(slow);
    for (const n of [1, 2, 3, 4]) gallery.show(picture(n));
    assert.deepEqual([quick.seen, slow.seen], [[1, 2, 3, 4], [1]]);
    gallery.ready(slow);
    assert.deepEqual(slow.seen, [1, 4]);
    gallery.ready(slow);
    assert.deepEqual(slow.seen, [1, 4]);
  });

  it('gives up on a picture that does not come', async () => {
    await assert.rejects(new Gallery(() => {}).next(20), /no picture/);
  });
});

describe('what answers a server that asks for a password', () => {
  it('is that of the examples in RFC 7617 and 2069, and nothing for what is not known', () => {
    assert.equal(
      authorization('Basic realm="WallyWorld"', 'GET', '/', 'Aladdin', 'open sesame'),
      'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    );
    const old = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c"';
    assert.match(
      authorization(old, 'GET', '/dir/index.html', 'Mufasa', 'CircleOfLife')!,
      /^Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="\/dir\/index.html", response="1949323746fe6a43ef61f9606e7febea", opaque="5ccc069c"$/,
    );
    assert.equal(authorization('Digest realm="x", nonce="y", algorithm=SHA-512', 'GET', '/', 'a', 'b'), null);
    assert.equal(authorization('Bearer', 'GET', '/', 'a', 'b'), null);
  });
});
