import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOf } from '../../../../../src/pipeline/jobs/sizeOf';
import { parseManifest } from '../../../../../src/pipeline/jobs/restore/record/manifest';
import type { JobRecord } from '../../../../../src/pipeline/jobs/restore/record/record';
import { verifyResult } from '../../../../../src/pipeline/jobs/restore/verify/verifyResult';
import { checkVerifyJob, type VerifyReport } from '../../../../../src/settings/verifyJob';
import { recordJob, verifyTools } from '../../../../support/recorded';
import { ff, moving, scratchFolder } from '../../../../support/videos';

describe('the record of an output of images', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const verify = async (name: string, frames = 0): Promise<VerifyReport> =>
    verifyResult(checkVerifyJob({ file: at(name), frames }), await verifyTools(), new AbortController().signal);
  const codesOf = ({ findings }: VerifyReport): string[] =>
    findings.filter(({ verdict }) => verdict === 'differs').map(({ code }) => code!);
  const record = (name: string): JobRecord =>
    JSON.parse(readFileSync(at(`${name}.remaster.json`), 'utf8')) as JobRecord;
  /** Shows that a change is found, and takes it back. */
  async function finds(file: string, content: Buffer | string | null, codes: readonly string[]): Promise<VerifyReport> {
    const intact = existsSync(at(file)) ? readFileSync(at(file)) : null;
    if (content === null) rmSync(at(file));
    else writeFileSync(at(file), content);
    const report = await verify(file.split('/')[0]!);
    assert.deepEqual(codesOf(report), codes);
    if (intact === null) rmSync(at(file));
    else writeFileSync(at(file), intact);
    return report;
  }

  before(async () => {
    await ff(...moving('64x48', '25', 6), '-pix_fmt', 'yuv422p10le', '-c:v', 'ffv1', at('in.mkv'));
    const job = { input: at('in.mkv'), codec: 'tiff', imageName: 'f_%04d.tif', startNumber: 9 } as const;
    await recordJob({ ...job, output: at('out') });
  });

  it('has the hash of each image in its manifest, and is found by the folder or the record', async () => {
    const { result, decoded, command } = record('out');
    const { images, frames, container, encoder, bytes } = result;
    assert.deepEqual([images, frames, container, encoder], [6, 6, 'tiff', 'tiff']);
    assert.deepEqual([bytes, decoded.sha256.length, command[3]], [await sizeOf(at('out')), 6, 'out/f_%04d.tif']);
    const manifest = parseManifest(readFileSync(at('out.manifest-sha256.txt'), 'utf8'))!;
    const files = [9, 10, 11, 12, 13, 14].map((number) => `out/f_${String(number).padStart(4, '0')}.tif`);
    assert.deepEqual(manifest.map(({ path }) => path), [...files, 'out.remaster.json']); // prettier-ignore
    const report = await verify('out', 6);
    assert.ok(report.isVerified && report.remade.length === 6, JSON.stringify(report.findings));
    assert.ok((await verify('out.remaster.json')).isVerified);
    assert.deepEqual(readdirSync(folder).toSorted(), ['in.mkv', 'out', 'out.manifest-sha256.txt', 'out.remaster.json']);
  });

  it('finds an image that was changed, is gone, is empty or was added; other files are none', async () => {
    const bytes = readFileSync(at('out/f_0010.tif'));
    const other = readFileSync(at('out/f_0014.tif'));
    const report = await finds('out/f_0010.tif', other, ['FILE_CHANGED', 'FRAMES_CHANGED']);
    assert.match(report.findings.find(({ what }) => what === 'frames')!.message, /^frame 1 of 6 differ/);
    await finds('out/f_0010.tif', Buffer.concat([bytes, Buffer.of(0)]), ['FILE_CHANGED']);
    await finds('out/f_0010.tif', null, ['FILE_CHANGED', 'FRAMES_CHANGED']);
    await finds('out/f_0010.tif', '', ['FILE_CHANGED', 'FRAMES_CHANGED']);
    await finds('out/f_0015.tif', other, ['FILE_CHANGED', 'FRAMES_CHANGED']);
    await finds('out/notes.txt', 'mine', []);
  });

  it('goes into a BagIt folder', async () => {
    const { output } = await recordJob({ input: at('in.mkv'), codec: 'png', output: at('scan'), bag: true });
    assert.equal(output, at('scan.bag/data/scan'));
    assert.deepEqual(readdirSync(at('scan.bag/data')), ['scan', 'scan.remaster.json']);
    assert.ok((await verify('scan.bag', 2)).isVerified);
    await finds('scan.bag/data/scan/00000003.png', null, ['BAG_INVALID', 'FILE_CHANGED', 'FRAMES_CHANGED']);
  });
});
