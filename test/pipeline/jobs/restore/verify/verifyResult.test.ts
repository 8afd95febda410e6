import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobRecord } from '../../../../../src/pipeline/jobs/restore/record/record';
import {
  verifyCost,
  verifyResult,
  type VerifyTools,
} from '../../../../../src/pipeline/jobs/restore/verify/verifyResult';
import type { Job } from '../../../../../src/settings/restoreJob';
import { checkVerifyJob, type VerifyJob, type VerifyReport } from '../../../../../src/settings/verifyJob';
import { recordJob, recordTools, verifyTools } from '../../../../support/recorded';
import { ff, moving, scratchFolder } from '../../../../support/videos';

describe('verifyResult', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const never = new AbortController().signal;

  async function verify(
    file: string,
    job: Partial<VerifyJob> = {},
    tools: Partial<VerifyTools> = {},
  ): Promise<VerifyReport> {
    return verifyResult(checkVerifyJob({ file: at(file), ...job }), await verifyTools(tools), never);
  }
  const codesOf = ({ findings }: VerifyReport): string[] =>
    findings.filter(({ verdict }) => verdict === 'differs').map(({ code }) => code!);

  /** Copies a result with all that belongs to it, under the name `to`. */
  function copy(from: string, to: string): void {
    for (const end of ['', '.remaster.json', '.manifest-sha256.txt']) copyFileSync(at(from + end), at(to + end));
  }
  const edit = (file: string, change: (record: JobRecord) => unknown): void => {
    const path = at(`${file}.remaster.json`);
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as JobRecord)));
    rmSync(at(`${file}.manifest-sha256.txt`), { force: true });
  };
  const flip = (file: string, share: number): void => {
    const bytes = readFileSync(at(file));
    bytes[Math.floor(share * bytes.length)]! ^= 1;
    writeFileSync(at(file), bytes);
  };

  before(async () => {
    const source =
      'testsrc2=size=32x24:rate=25:duration=1[a];mandelbrot=size=32x24:rate=25:end_pts=25,trim=end_frame=25[b]';
    const graph = `${source};[a][b]concat`; // a cut after a second
    await ff('-filter_complex', graph, '-frames:v', '50', '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('in.mp4'));
    await recordJob({ input: at('in.mp4'), output: at('out.mkv') });
  });

  it('finds nothing in a result, changes nothing, and leaves nothing behind', async () => {
    const before = readdirSync(folder).toSorted();
    const report = await verify('out.mkv', { frames: 5 });
    assert.ok(report.isVerified, JSON.stringify(report.findings));
    assert.deepEqual(
      report.remade.map(({ frame, isEqual }) => [frame, isEqual]),
      [0, 12, 25, 37, 49].map((i) => [i, true]),
    );
    assert.deepEqual(
      report.findings.map(({ what }) => what),
      ['record', 'file', 'frames', 'source', 'model', 'restored'],
    );
    assert.deepEqual(readdirSync(folder).toSorted(), before);
  });

  it('announces its cost', async () => {
    const cost = await verifyCost(checkVerifyJob({ file: at('out.mkv'), frames: 2 }), await verifyTools());
    assert.deepEqual([cost.decoded, cost.remade, cost.before], [50, 2, 0]);
    const bytes = ['out.mkv', 'in.mp4'].map((name) => readFileSync(at(name)).length);
    assert.equal(cost.bytes, bytes[0]! + bytes[1]!);
    const without = await verifyCost(checkVerifyJob({ file: at('out.mkv'), frames: 0 }), await verifyTools());
    assert.deepEqual([without.bytes, without.remade], [bytes[0], 0]);
    assert.ok(cost.seconds > without.seconds && without.seconds > 0);
  });

  it('finds a flipped bit, and frames that are damaged', async () => {
    copy('out.mkv', 'flipped.mkv');
    flip('flipped.mkv', 0.5);
    assert.equal(codesOf(await verify('flipped.mkv', { frames: 0 }))[0], 'FILE_CHANGED');
    // ffmpeg conceals a damaged slice with that of the frame before, which is the same where nothing moves.
    const bytes = readFileSync(at('flipped.mkv'));
    writeFileSync(at('flipped.mkv'), bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 400));
    const report = await verify('flipped.mkv', { frames: 0 });
    assert.deepEqual(codesOf(report), ['FILE_CHANGED', 'FRAMES_CHANGED']);
    assert.match(report.findings[2]!.message, /^frames? [\d, to]+ of 50 differ|frames can be decoded/);
  });

  it('finds a truncated file, and one that is empty', async () => {
    copy('out.mkv', 'short.mkv');
    const bytes = readFileSync(at('short.mkv'));
    writeFileSync(at('short.mkv'), bytes.subarray(0, bytes.length / 2));
    const short = await verify('short.mkv', { frames: 0 });
    assert.deepEqual(codesOf(short), ['FILE_CHANGED', 'FRAMES_CHANGED']);
    assert.match(short.findings[2]!.message, /\d+ frames can be decoded, and 50 are recorded/);
    writeFileSync(at('short.mkv'), '');
    assert.deepEqual(codesOf(await verify('short.mkv', { frames: 0 })), ['FILE_CHANGED', 'FRAMES_CHANGED']);
  });

  it('finds another source, and one that is gone; a moved one is given', async () => {
    mkdirSync(at('moved'));
    copy('out.mkv', 'moved/out.mkv');
    assert.deepEqual(codesOf(await verify('moved/out.mkv')), ['SOURCE_NOT_FOUND']);
    const report = await verify('moved/out.mkv', { source: at('in.mp4') });
    assert.ok(report.isVerified, JSON.stringify(report.findings));
    writeFileSync(at('moved/in.mp4'), readFileSync(at('in.mp4')));
    flip('moved/in.mp4', 0.9);
    assert.deepEqual(codesOf(await verify('moved/out.mkv')), ['SOURCE_CHANGED']);
    writeFileSync(at('moved/in.mp4'), '');
    assert.deepEqual(codesOf(await verify('moved/out.mkv')), ['SOURCE_CHANGED']);
    assert.ok((await verify('moved/out.mkv', { frames: 0 })).isVerified, 'without its source');
  });

  it('finds another version of the model, and none', async () => {
    const files = [{ name: 'model.json', bytes: 5, sha256: 'a'.repeat(64) }];
    const other = await verify('out.mkv', {}, { record: recordTools({ sha256: 'a'.repeat(64), files }) });
    assert.deepEqual(codesOf(other), ['MODEL_CHANGED']);
    assert.match(other.findings.find(({ what }) => what === 'model')!.message, /model\.json differs/);
  });

  it('a frame that is made otherwise differs; with other versions, they are the reason', async () => {
    copy('out.mkv', 'other.mkv');
    const changed = (record: JobRecord) => ({ ...record, seed: 2, job: { ...record.job, strength: 0.5 } });
    edit('other.mkv', (record) => ({
      ...changed(record),
      restored: {
        ...record.restored,
        sha256: record.restored.sha256.map((one) => one.replace(/^./, (a) => (a === '0' ? '1' : '0'))),
      },
    }));
    assert.deepEqual(codesOf(await verify('other.mkv')), ['FRAMES_DIFFER']);
    const old = (record: JobRecord) => ({
      ...record,
      makers: record.makers.map((maker) => ({ ...maker, remaster: '0.0.1' })),
    });
    edit('other.mkv', old);
    const close = await verify('other.mkv');
    assert.deepEqual([codesOf(close), close.remade], [[], [{ frame: 0, isEqual: false, psnr: Infinity }]]);
    assert.match(close.findings.find(({ what }) => what === 'versions')!.message, /remaster 0\.0\.1, here/);
    edit('other.mkv', (record) => ({
      ...record,
      restored: {
        ...record.restored,
        samples: record.restored.samples.map(([i, text]) => [
          i,
          Buffer.from(text, 'base64').fill(9).toString('base64'),
        ]),
      },
    }));
    assert.deepEqual(codesOf(await verify('other.mkv')), ['VERSION_CHANGED']);
  });

  it('another version of ffmpeg is the reason for decoded frames that differ in the same file', async () => {
    copy('out.mkv', 'decoder.mkv');
    const decoded = (record: JobRecord) => ({
      ...record.decoded,
      sha256: record.decoded.sha256.map(() => 'b'.repeat(64)),
    });
    edit('decoder.mkv', (record) => ({ ...record, decoded: decoded(record) }));
    assert.deepEqual(codesOf(await verify('decoder.mkv', { frames: 0 })), ['FRAMES_CHANGED']);
    edit('decoder.mkv', (record) => ({
      ...record,
      makers: record.makers.map((maker) => ({ ...maker, ffmpeg: '1.0' })),
    }));
    assert.deepEqual(codesOf(await verify('decoder.mkv', { frames: 0 })), ['VERSION_CHANGED']);
  });

  it('finds a record that was changed; says that it cannot know it without a manifest', async () => {
    copy('out.mkv', 'record.mkv');
    const path = at('record.mkv.remaster.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"seed": 1', '"seed": 2'));
    assert.deepEqual(codesOf(await verify('record.mkv', { frames: 0 })), ['RECORD_CHANGED']);
    rmSync(at('record.mkv.manifest-sha256.txt'));
    const { findings, isVerified } = await verify('record.mkv', { frames: 0 });
    assert.deepEqual([findings[0]!.verdict, isVerified], ['note', true]);
  });

  it('takes the record instead of the result, and all three under another name', async () => {
    assert.ok((await verify('out.mkv.remaster.json', { frames: 0 })).isVerified);
    copy('out.mkv', 'renamed.mkv');
    assert.ok((await verify('renamed.mkv', { frames: 0 })).isVerified);
  });

  it('names a setting that this version does not have', async () => {
    copy('out.mkv', 'future.mkv');
    edit('future.mkv', (record) => ({ ...record, job: { ...record.job, hologram: true } }));
    const report = await verify('future.mkv');
    assert.deepEqual(codesOf(report), ['VERSION_CHANGED']);
    assert.match(report.findings.at(-1)!.message, /has no setting hologram/);
  });

  it('a record leads to no other folder, and decides no program', async () => {
    copy('out.mkv', 'evil.mkv');
    const intact = readFileSync(at('evil.mkv.remaster.json'), 'utf8');
    for (const name of ['../in.mp4', '/etc/passwd', '..', 'a\\b', 'sub/in.mp4']) {
      edit('evil.mkv', (record) => ({ ...record, source: { ...record.source, name } }));
      await assert.rejects(verify('evil.mkv'), { code: 'RECORD_INVALID', message: /source\.name/ });
      writeFileSync(at('evil.mkv.remaster.json'), intact);
    }
    edit('evil.mkv', (record) => ({
      ...record,
      job: {
        ...record.job,
        model: '../../x',
        mask: '/etc/passwd',
        input: '/etc/passwd',
        encoder: 'rm -rf',
        provider: 'cuda',
      },
    }));
    const report = await verify('evil.mkv');
    assert.ok(report.isVerified, JSON.stringify(report.findings));
    edit('evil.mkv', (record) => ({ ...record, job: { ...record.job, steps: -5 } }));
    await assert.rejects(verify('evil.mkv'), { code: 'RECORD_INVALID', message: /its setting steps is not/ });
  });

  const JOBS: Readonly<Record<string, Partial<Job>>> = {
    'a cut': { trim: { start: 0.6, end: 1.5 } },
    'fewer frames': { maxFps: 10 },
    'a cut and fewer frames': { trim: { start: 0.3, end: null }, maxFps: 7 },
    deinterlaced: { deinterlace: 'on' },
    'temporally denoised': { temporalDenoise: 'high' },
    'tolerated differences': { tileCache: 8, segment: 7, tile: 16, overlap: 4 },
    'a smaller source': { maxHeight: 16 },
    'in H.264': { codec: 'h264', output: at('jobs.mp4') },
  };
  for (const [what, job] of Object.entries(JOBS)) {
    it(`restores the same frames again: ${what}`, async () => {
      const output = job.output ?? at('jobs.mkv');
      await recordJob({ input: at('in.mp4'), overwrite: true, ...job, output });
      const report = await verify(output.slice(folder.length + 1), { frames: 100 });
      assert.ok(report.isVerified, JSON.stringify(report.findings));
      assert.equal(report.remade.length, report.remade.filter(({ isEqual }) => isEqual).length);
      const some = await verify(output.slice(folder.length + 1), { frames: 2 }); // with gaps
      assert.ok(some.isVerified && some.remade.length === 2, JSON.stringify(some.findings));
    });
  }

  it('restores frames of 16 bits and of a folder of images again', async () => {
    mkdirSync(at('scan'));
    await ff(...moving('32x24', '25', 6), '-pix_fmt', 'rgb48be', at('scan/%03d.png'));
    await recordJob({ input: at('scan'), output: at('scan.mkv') });
    const report = await verify('scan.mkv', { frames: 6 });
    assert.ok(report.isVerified && report.remade.length === 6, JSON.stringify(report.findings));
    flip('scan/003.png', 0.99);
    assert.deepEqual(codesOf(await verify('scan.mkv')), ['SOURCE_CHANGED']);
  });

  it('checks a BagIt folder', async () => {
    await recordJob({ input: at('in.mp4'), output: at('tape.mkv'), record: false, bag: true });
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('tape')),
      ['tape.mkv.bag'],
    );
    const bag = await verify('tape.mkv.bag');
    assert.ok(bag.isVerified, JSON.stringify(bag.findings));
    const cases: readonly (readonly [string, () => void, RegExp])[] = [
      ['data/tape.mkv', () => flip('tape.mkv.bag/data/tape.mkv', 0.5), /data\/tape\.mkv has changed/],
      ['bag-info.txt', () => writeFileSync(at('tape.mkv.bag/bag-info.txt'), ''), /bag-info\.txt has changed/],
      ['bagit.txt', () => writeFileSync(at('tape.mkv.bag/bagit.txt'), 'x'), /bagit\.txt does not say/],
    ];
    for (const [name, change, why] of cases) {
      const path = at(`tape.mkv.bag/${name}`);
      const intact = readFileSync(path);
      change();
      const { findings } = await verify('tape.mkv.bag', { frames: 0 });
      assert.equal(findings[0]!.code, 'BAG_INVALID');
      assert.match(findings[0]!.message, why);
      writeFileSync(path, intact);
    }
    writeFileSync(at('tape.mkv.bag/data/extra'), '');
    assert.match((await verify('tape.mkv.bag', { frames: 0 })).findings[0]!.message, /does not list data\/extra/);
    rmSync(at('tape.mkv.bag/data/extra'));
    renameSync(at('tape.mkv.bag/data/tape.mkv'), at('tape.mkv.bag/data/other.mkv'));
    await assert.rejects(verify('tape.mkv.bag', { frames: 0 }), { code: 'SOURCE_NOT_FOUND' });
    renameSync(at('tape.mkv.bag/data/other.mkv'), at('tape.mkv.bag/data/tape.mkv'));
    await assert.rejects(recordJob({ input: at('in.mp4'), output: at('tape.mkv'), bag: true }), {
      code: 'OUTPUT_EXISTS',
    });
    await recordJob({ input: at('in.mp4'), output: at('tape.mkv'), bag: true, overwrite: true, seed: 3 });
    assert.ok((await verify('tape.mkv.bag', { frames: 1 })).isVerified);
  });
});
