import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { setLastFrameDuration } from '../../../src/pipeline/media/lastFrameDuration';
import { binary, scratchFolder } from '../../support/videos';

const SHOWN = { ticks: 3010, timeBase: { num: 1, den: 1000 } };

describe('matroskaLastFrame', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const path = join(folder, 'made.mkv');
  const bundled = (require('@ffmpeg-installer/ffmpeg') as { path: string }).path;
  const programs = { 'the ffmpeg found here': async () => (await binary()).path, 'the bundled ffmpeg': () => bundled };

  for (const [maker, program] of Object.entries(programs)) {
    it(`positions and checksums are right after the change, by ${maker}`, async () => {
      make(await program());
      const before = index(readFileSync(path));
      assert.ok(before.clusters >= 6 && before.cues.length >= 4 && before.checksums >= 8, JSON.stringify(before));
      assert.equal(await setLastFrameDuration(path, 'mkv', SHOWN), true);
      assert.deepEqual(index(readFileSync(path)), before);
    });

    it(`a second change of the same duration changes nothing, by ${maker}`, async () => {
      make(await program());
      await setLastFrameDuration(path, 'mkv', SHOWN);
      const first = readFileSync(path);
      assert.equal(await setLastFrameDuration(path, 'mkv', SHOWN), true);
      assert.ok(readFileSync(path).equals(first));
      await setLastFrameDuration(path, 'mkv', { ...SHOWN, ticks: 70_000 }); // a wider integer
      assert.equal(index(readFileSync(path)).checksums, index(first).checksums);
    });

    it(`positions take more bytes where they must, by ${maker}`, async () => {
      const [from, goal] = [60_000, 0xffff - 2];
      make(await program(), from);
      make(await program(), from + goal - cuesPosition(readFileSync(path)));
      assert.equal(cuesPosition(readFileSync(path)), goal);
      const before = index(readFileSync(path));
      assert.equal(await setLastFrameDuration(path, 'mkv', SHOWN), true);
      assert.ok(cuesPosition(readFileSync(path)) > 0xffff);
      assert.deepEqual(index(readFileSync(path)), before);
    });
  }

  /** Short clusters, audio and a subtitle after the video; `padding` bytes before the clusters. */
  function make(program: string, padding = 100): void {
    const subtitles = join(folder, 'made.srt');
    const lines = ['00:00:00,100 --> 00:00:00,900', '00:00:01,950 --> 00:00:02,500', '00:00:04,000 --> 00:00:04,500'];
    writeFileSync(subtitles, lines.map((line, i) => `${i + 1}\n${line}\ntext\n\n`).join(''));
    const { status, stderr } = spawnSync(program, [
      ...['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=10,trim=end_frame=20'],
      ...['-f', 'lavfi', '-i', 'sine=duration=5', '-i', subtitles, '-map', '0:v', '-map', '1:a', '-map', '2:s'],
      ...['-c:v', 'libx264', '-g', '6', '-c:a', 'pcm_u8', '-ar', '8000', '-c:s', 'srt', '-cluster_time_limit', '400'],
      ...['-max_interleave_delta', '0', '-metadata', `comment=${'x'.repeat(padding)}`, '-fflags', '+bitexact', path],
    ]);
    assert.equal(status, 0, stderr.toString());
  }
});

interface Element {
  readonly id: string;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

const MASTERS = ['18538067', '114d9b74', '4dbb', '1549a966', '1f43b675', 'a0', '1c53bb6b', 'bb', 'b7', '1254c367'];

/** A reader of its own: every element, those in `MASTERS` with their children. Checks that sizes fit. */
function* elements(bytes: Buffer, from = 0, to = bytes.length): Generator<Element> {
  for (let start = from; start < to;) {
    const idBytes = Math.clz32(bytes[start]!) - 23;
    const sizeAt = start + idBytes;
    const sizeBytes = Math.clz32(bytes[sizeAt]!) - 23;
    const value = BigInt(`0x${bytes.toString('hex', sizeAt, sizeAt + sizeBytes)}`);
    const content = sizeAt + sizeBytes;
    const end = content + Number(value & ((1n << BigInt(7 * sizeBytes)) - 1n));
    const id = bytes.toString('hex', start, sizeAt);
    assert.ok(end <= to, `${id} at ${start} ends at ${end}, after ${to}`);
    yield { id, start, content, end };
    if (MASTERS.includes(id)) yield* elements(bytes, content, end);
    start = end;
  }
}

const unsigned = (bytes: Buffer, { content, end }: Element): number =>
  Number(`0x${bytes.toString('hex', content, end)}`);

/** Checks all checksums, and what the positions in SeekHead and Cues lead to. Returns how many there are. */
function index(bytes: Buffer): { checksums: number; clusters: number; seeks: string[]; cues: string[] } {
  const all = [...elements(bytes)];
  const origin = all.find(({ id }) => id === '18538067')!.content;
  const at = new Map(all.map((element) => [element.start, element]));
  const inside = (parent: Element, id: string): Element =>
    all.find((element) => element.id === id && element.start >= parent.content && element.end <= parent.end)!;
  const found = { checksums: 0, clusters: 0, seeks: [] as string[], cues: [] as string[] };
  for (const element of all) {
    if (element.id === 'bf') {
      const parent = all.findLast(({ content }) => content === element.start)!;
      assert.equal(bytes.readUInt32LE(element.content), crc32(bytes.subarray(element.end, parent.end)), parent.id);
      found.checksums++;
    } else if (element.id === '1f43b675') found.clusters++;
    else if (element.id === '4dbb') {
      const id = inside(element, '53ab');
      const target = at.get(origin + unsigned(bytes, inside(element, '53ac')));
      assert.equal(target?.id, bytes.toString('hex', id.content, id.end));
      found.seeks.push(target.id);
    } else if (element.id === 'b7') {
      const cluster = at.get(origin + unsigned(bytes, inside(element, 'f1')));
      assert.equal(cluster?.id, '1f43b675');
      const block = at.get(cluster.content + unsigned(bytes, inside(element, 'f0')));
      const track = unsigned(bytes, inside(element, 'f7'));
      assert.ok(block?.id === 'a3' || block?.id === 'a0', `no block for a cue of track ${track}`);
      const data = block.id === 'a3' ? block : inside(block, 'a1');
      assert.equal(bytes[data.content]! & 127, track);
      found.cues.push(`track ${track} in Cluster ${unsigned(bytes, inside(cluster, 'e7'))}`);
    }
  }
  return found;
}

function cuesPosition(bytes: Buffer): number {
  const all = [...elements(bytes)];
  return all.find(({ id }) => id === '1c53bb6b')!.start - all.find(({ id }) => id === '18538067')!.content;
}
