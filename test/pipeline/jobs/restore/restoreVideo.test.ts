import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Model } from '../../../../src/model/model';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { failing } from '../../../support/failing';
import { nearest } from '../../../support/fakeModel';
import {
  binary,
  description,
  ff,
  meanDifference,
  moving,
  passthrough,
  pixels,
  scratchFolder,
  times,
} from '../../../support/videos';

describe('restoreVideo', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const never = new AbortController().signal;

  /** Restores with a model that repeats pixels, so that the output can be compared with the input. */
  async function run(
    input: string,
    output: string,
    changes: Partial<Job> = {},
    scale = 1,
    seen: Progress[] = [],
  ): Promise<Result> {
    const job = { ...JOB_DEFAULTS, model: 'x4', input: at(input), output: at(output), ...changes };
    const tools = {
      binary: await binary(),
      openModel: async ({ depth }: { depth: 8 | 16 }) => nearest(scale, { depth }),
    };
    return restoreVideo(job, tools, never, (progress) => seen.push(progress));
  }

  /** Checks for the same number of frames, each within a millisecond of its time; returns the largest difference in seconds. */
  async function sameTimes(input: string, output: string, shift = 0): Promise<number> {
    const [a, b] = [await times(at(input)), await times(at(output))];
    assert.equal(b.seconds.length, a.seconds.length);
    const worst = Math.max(...a.seconds.map((time, i) => Math.abs(time - shift - b.seconds[i]!)));
    assert.ok(worst < 0.0011, `a frame is ${worst} s away`);
    return worst;
  }

  it('×2 keeps the frames, times and audio and doubles the size', async () => {
    await ff(
      ...moving('64x36', '25', 30),
      '-f',
      'lavfi',
      '-i',
      'sine=duration=1.2',
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-bf',
      '3',
      '-c:a',
      'aac',
      at('plain.mp4'),
    );
    const seen: Progress[] = [];
    const result = await run('plain.mp4', 'plain.out.mp4', {}, 2, seen);
    assert.deepEqual(
      [result.framesIn, result.framesOut, result.width, result.height, result.warnings],
      [30, 30, 128, 72, []],
    );
    assert.equal(await sameTimes('plain.mp4', 'plain.out.mp4'), 0);
    const text = await description(at('plain.out.mp4'));
    assert.match(text, /128x72/);
    assert.match(text, /Audio: aac/);
    assert.deepEqual([...new Set(seen.map(({ stage }) => stage))], ['probing', 'loading', 'restoring', 'finishing']);
    assert.equal(seen.at(-1)!.share, 1);
  });

  it('a variable frame rate keeps every time exactly', async () => {
    await ff(
      ...moving('64x36', '25', 40),
      '-vf',
      "settb=1/90000,setpts='N*3600+if(mod(N\\,3)\\,1234\\,0)+if(gt(N\\,20)\\,90000\\,0)'",
      ...(await passthrough()),
      '-enc_time_base',
      '1/90000',
      '-video_track_timescale',
      '90000',
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
      at('vfr.mp4'),
    );
    await run('vfr.mp4', 'vfr.out.mp4');
    assert.equal(await sameTimes('vfr.mp4', 'vfr.out.mp4'), 0);
  });

  it('concatenates segments without losing frames or times', async () => {
    await ff(...moving('64x36', '30000/1001', 230), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('long.mp4'));
    await run('long.mp4', 'long.out.mp4');
    assert.ok((await sameTimes('long.mp4', 'long.out.mp4')) < 1e-5);
  });

  for (const [range, matrix, pixelFormat] of [
    ['tv', 'bt709', 'yuv420p'],
    ['pc', 'bt470bg', 'yuvj420p'],
    ['tv', 'smpte170m', 'yuv422p'],
  ] as const) {
    it(`keeps and tags the colours of ${matrix} ${range}`, async () => {
      const [input, output] = [`${matrix}.${range}.mkv`, `${matrix}.${range}.out.mkv`];
      const scale = `scale=out_color_matrix=${matrix === 'bt470bg' ? 'bt470' : matrix}:out_range=${range}`;
      const tags = ['-colorspace', matrix, '-color_range', range === 'tv' ? '1' : '2'];
      await ff(
        '-f',
        'lavfi',
        '-i',
        'smptebars=size=128x72:rate=25',
        '-frames:v',
        '3',
        '-vf',
        `${scale},format=${pixelFormat}`,
        ...tags,
        '-c:v',
        'libx264',
        '-crf',
        '1',
        at(input),
      );
      await run(input, output, { codec: 'ffv1', pixelFormat: 'yuv444p' });
      assert.match(await description(at(output)), new RegExp(`${range}, ${matrix}`));
      assert.ok(meanDifference(await pixels(at(input)), await pixels(at(output))) < 1.5);
    });
  }

  it('reads small untagged video as BT.601 and tags the large output', async () => {
    await ff(...moving('64x36', '25', 3), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('untagged.mp4'));
    await run('untagged.mp4', 'untagged.out.mp4', {}, 4);
    assert.match(await description(at('untagged.out.mp4')), /smpte170m/);
  });

  it('keeps a bit depth of 10', async () => {
    const ramp = "geq=lum='64+mod(X*7+Y*3+N\\,800)':cb=512:cr=512";
    await ff(
      '-f',
      'lavfi',
      '-i',
      'color=size=128x64:rate=25',
      '-frames:v',
      '3',
      '-vf',
      `format=yuv444p10le,${ramp}`,
      '-c:v',
      'ffv1',
      at('deep.mkv'),
    );
    for (const codec of ['ffv1', 'h264'] as const) {
      const output = `deep.${codec}.mkv`;
      await run('deep.mkv', output, { codec, quality: 0 });
      assert.match(await description(at(output)), /yuv4[24][40]p10le/);
      const [a, b] = [await pixels(at('deep.mkv'), 'gray16le'), await pixels(at(output), 'gray16le')];
      const values = (bytes: Buffer) => new Uint16Array(new Uint8Array(bytes).buffer);
      const [x, y] = [values(a), values(b)];
      assert.ok(new Set(y).size > 300, `only ${new Set(y).size} levels are left of ${new Set(x).size}`);
    }
  });

  it('keeps odd frame sizes', async () => {
    await ff(
      ...moving('64x36', '25', 4),
      '-vf',
      'scale=63:35',
      '-pix_fmt',
      'yuv444p',
      '-c:v',
      'libx264',
      at('odd.mp4'),
    );
    const result = await run('odd.mp4', 'odd.out.mp4');
    assert.deepEqual([result.width, result.height], [63, 35]);
    assert.match(await description(at('odd.out.mp4')), /63x35/);
  });

  for (const size of ['1x1', '2x2', '3x1']) {
    it(`accepts a ${size} video`, async () => {
      await ff(
        '-f',
        'lavfi',
        '-i',
        `color=red:size=32x32:rate=5,trim=end_frame=2,scale=${size.replace('x', ':')}`,
        '-pix_fmt',
        'rgb24',
        '-c:v',
        'ffv1',
        at(`${size}.mkv`),
      );
      const result = await run(`${size}.mkv`, `${size}.out.mkv`, {}, 4);
      assert.equal(result.framesOut, 2);
    });
  }

  it('applies the rotation of the source', async () => {
    await ff(...moving('64x36', '25', 4), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('straight.mp4'));
    // A QuickTime display matrix of −90°, written into the file: no option for it works in all versions of ffmpeg.
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(at('straight.mp4'));
    const track = bytes.indexOf('tkhd') + 4 + 40;
    [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000].forEach((value, i) => bytes.writeInt32BE(value, track + i * 4));
    writeFileSync(at('rotated.mp4'), bytes);
    const result = await run('rotated.mp4', 'rotated.out.mkv', { codec: 'ffv1', pixelFormat: 'yuv444p' });
    assert.deepEqual([result.width, result.height], [36, 64]);
    assert.doesNotMatch(await description(at('rotated.out.mkv')), /displaymatrix|rotate +:/);
    assert.ok(meanDifference(await pixels(at('rotated.mp4')), await pixels(at('rotated.out.mkv'))) < 1.5);
  });

  it('keeps the pixel aspect ratio', async () => {
    await ff(
      ...moving('64x36', '25', 3),
      '-vf',
      'setsar=2/1',
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      at('wide.mp4'),
    );
    await run('wide.mp4', 'wide.out.mp4', {}, 2);
    assert.match(await description(at('wide.out.mp4')), /SAR 2:1/);
  });

  it('detects interlaced video and deinterlaces it, one frame per frame', async () => {
    await ff(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=128x96:rate=50',
      '-frames:v',
      '60',
      '-vf',
      'tinterlace=interleave_top,fieldorder=tff',
      '-flags',
      '+ilme+ildct',
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'mpeg2video',
      '-q:v',
      '2',
      at('fields.mpg'),
    );
    const result = await run('fields.mpg', 'fields.out.mkv', { codec: 'ffv1' });
    assert.equal(result.framesOut, (await times(at('fields.mpg'))).seconds.length);
    const combed = async (path: string) =>
      (await ff('-i', path, '-vf', 'idet,metadata=print:file=-', '-f', 'null', '-')).toString();
    const last = (text: string, key: string) =>
      Number([...text.matchAll(new RegExp(`idet\\.multiple\\.${key}=(\\d+)`, 'g'))].at(-1)?.[1] ?? 0);
    assert.ok(last(await combed(at('fields.mpg')), 'tff') > 10);
    const made = await combed(at('fields.out.mkv'));
    assert.ok(last(made, 'tff') < last(made, 'progressive'));
  });

  it('applies the edit list of the source', async () => {
    await ff(...moving('64x36', '25', 50), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-g', '12', at('uncut.mp4'));
    await ff('-ss', '0.5', '-i', at('uncut.mp4'), '-c', 'copy', at('cut.mp4'));
    const shown = (await pixels(at('cut.mp4'))).length / (64 * 36 * 3);
    const result = await run('cut.mp4', 'cut.out.mp4');
    assert.equal(result.framesOut, shown);
  });

  it('copies subtitles, chapters, fonts, languages and titles into Matroska', async () => {
    writeFileSync(at('s.srt'), '1\n00:00:00,000 --> 00:00:00,300\nHello\n');
    writeFileSync(
      at('chapters.txt'),
      ';FFMETADATA1\ntitle=My video\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=200\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=200\nEND=480\ntitle=Two\n',
    );
    writeFileSync(at('font.ttf'), 'not really a font');
    await ff(
      ...moving(),
      '-f',
      'lavfi',
      '-i',
      'sine=duration=0.5',
      '-i',
      at('s.srt'),
      '-i',
      at('chapters.txt'),
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      '-map_metadata',
      '3',
      '-map_chapters',
      '3',
      '-metadata:s:a:0',
      'language=deu',
      '-attach',
      at('font.ttf'),
      '-metadata:s:t',
      'mimetype=application/x-truetype-font',
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-c:a',
      'flac',
      '-c:s',
      'srt',
      at('rich.mkv'),
    );
    const result = await run('rich.mkv', 'rich.out.mkv');
    assert.deepEqual(result.warnings, []);
    const text = await description(at('rich.out.mkv'));
    for (const part of [
      /title +: My video/,
      /Chapter #?0?[:.]1/,
      /title +: Two/,
      /\(deu\): Audio: flac/,
      /Subtitle: subrip/,
      /Attachment: ttf/,
    ])
      assert.match(text, part);
    const { warnings } = await run('rich.mkv', 'rich.out.mp4');
    assert.match(warnings.join(' '), /ttf.*left out.*flac.*AAC/s);
    assert.match(await description(at('rich.out.mp4')), /Subtitle: mov_text/);
  });

  it('keeps the delay of audio that starts late', async () => {
    await ff(
      ...moving('64x36', '25', 50),
      '-itsoffset',
      '0.7',
      '-f',
      'lavfi',
      '-i',
      'sine=duration=1',
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-c:a',
      'aac',
      at('late.mkv'),
    );
    await run('late.mkv', 'late.out.mkv');
    const start = async (name: string) =>
      Number(
        /^0, *-?\d+, *(\d+)/m.exec(
          (await ff('-i', at(name), '-map', '0:a', '-c', 'copy', '-copyts', '-f', 'framecrc', '-')).toString(),
        )![1],
      );
    assert.ok(Math.abs((await start('late.mkv')) - (await start('late.out.mkv'))) <= 1);
  });

  it('shifts a transport stream that starts at a large time to 0', async () => {
    await ff(
      ...moving('64x36', '25', 20),
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-muxdelay',
      '0',
      '-output_ts_offset',
      '1000',
      at('far.ts'),
    );
    await run('far.ts', 'far.out.mp4');
    const [{ seconds: a }, { seconds: b }] = [await times(at('far.ts')), await times(at('far.out.mp4'))];
    assert.deepEqual(
      b.map((time) => time.toFixed(5)),
      a.map((time) => (time - a[0]!).toFixed(5)),
    );
  });

  it('trims to the exact frame', async () => {
    const { framesOut } = await run('plain.mp4', 'part.out.mkv', {
      trim: { start: 0.4, end: 0.8 },
      codec: 'ffv1',
      pixelFormat: 'yuv444p',
    });
    assert.equal(framesOut, 10);
    const whole = await pixels(at('plain.mp4'));
    const part = await pixels(at('part.out.mkv'));
    const frame = 64 * 36 * 3;
    assert.ok(meanDifference(part, whole.subarray(10 * frame, 20 * frame)) < 1.5);
  });

  it('seeks to a late range, to the exact frame', async () => {
    await ff(...moving('64x36', '10', 120), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-g', '25', at('far.mp4'));
    const { framesOut } = await run('far.mp4', 'far2.mkv', {
      trim: { start: 7.3, end: 8.1 },
      codec: 'ffv1',
      pixelFormat: 'yuv444p',
    });
    assert.equal(framesOut, 8);
    const frame = 64 * 36 * 3;
    const wanted = (await pixels(at('far.mp4'))).subarray(73 * frame, 81 * frame);
    assert.ok(meanDifference(await pixels(at('far2.mkv')), wanted) < 1.5);
  });

  it('at most five batches of frames are in memory, however slow the model', async () => {
    let taken = 0;
    let written = 0;
    let most = 0;
    const model = nearest(1, { pauseMs: 1 });
    const counted: Model = {
      ...model,
      run: (batch, signal) => ((most = Math.max(most, ++taken - written)), model.run(batch, signal)),
    };
    const job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      input: at('long.mp4'),
      output: at('counted.mp4'),
      batch: 1,
      tileCache: null,
    };
    await restoreVideo(
      job,
      { binary: await binary(), openModel: async () => counted },
      never,
      ({ frame }) => (written = frame),
    );
    assert.equal(taken, 230);
    assert.ok(most <= 5, `${most} were alive`);
  });

  for (const [codec, ending] of [
    ['h265', 'mp4'],
    ['av1', 'mkv'],
    ['prores', 'mov'],
    ['ffv1', 'mkv'],
  ] as const) {
    it(`encodes ${codec}`, async function () {
      const { encoders } = await binary();
      if (codec === 'h265' && !encoders.has('libx265')) assert.fail('this ffmpeg has no libx265');
      await run('plain.mp4', `codec.${codec}.${ending}`, { codec }, 2);
      assert.ok((await sameTimes('plain.mp4', `codec.${codec}.${ending}`)) < 0.0011);
    });
  }

  it('leaves only the outputs in the folder', () => {
    const left = readdirSync(folder).filter(
      (name) => name.startsWith('.') || /part|whole|remaster/.test(name.replace(/^part\.out/, '')),
    );
    assert.deepEqual(left, []);
    assert.ok(existsSync(at('plain.out.mp4')));
  });

  it('a result is not lost with its work folder, which cannot be deleted', async () => {
    await ff(...moving('64x36', '25', 3), '-c:v', 'ffv1', at('short.mkv'));
    const isSegment = (path: string): boolean => path.endsWith('000000.nut');
    const { warnings } = await failing('rm', isSegment, () => run('short.mkv', 'short.out.mkv'));
    assert.deepEqual(warnings, [`${at('.short.out.mkv.remaster')} could not be deleted: EIO: i/o error.`]);
  });
});
