import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecord } from '../../../../../src/pipeline/jobs/restore/record/readRecord';
import type { JobRecord } from '../../../../../src/pipeline/jobs/restore/record/record';
import { scratchFolder } from '../../../../support/videos';

const sha256 = 'a'.repeat(64);
const file = { name: 'a.mkv', bytes: 1, sha256 };
const maker = {
  ...{ remaster: '1', node: '1', onnxruntime: null, ffmpeg: '1', platform: 'linux', arch: 'x64', cpu: 'c' },
  ...{ flags: [], gpu: null, provider: 'cpu', threads: 1, frames: 2 },
};
const RECORD: JobRecord = {
  record: 1,
  result: { ...file, frames: 2, width: 2, height: 2, container: 'mkv', encoder: 'ffv1' },
  source: file,
  mask: null,
  command: [],
  job: {},
  tiles: { tile: null, overlap: null },
  sound: [],
  model: { name: 'x4', sha256, licence: '', files: [], steps: 1, scale: 4, faceFinder: null },
  seed: 1,
  makers: [maker],
  run: { started: '', finished: '', seconds: 1, hashSeconds: 1, resumedFrom: 0, cacheShare: null, warnings: [] },
  restored: { pixelFormat: 'rgb24', width: 2, height: 2, sha256: [sha256, sha256], samples: [[0, '']] },
  decoded: { pixelFormat: 'yuv420p', sha256: [sha256, sha256] },
};

describe('readRecord', () => {
  const path = join(scratchFolder(), 'a.mkv.remaster.json');
  const read = (text: string): Promise<JobRecord> => {
    writeFileSync(path, text);
    return readRecord(path);
  };
  const invalid = (message: RegExp) => ({ code: 'RECORD_INVALID', message });

  it('reads a record', async () => {
    assert.deepEqual(await read(JSON.stringify(RECORD)), RECORD);
  });

  it('refuses text that is not JSON, other JSON, and records of later versions', async () => {
    await assert.rejects(read('{"record": 1,'), invalid(/it is not JSON/));
    for (const text of ['null', '[]', '"x"', '{}'])
      await assert.rejects(read(text), invalid(/it must|it has|must be object|required/));
    await assert.rejects(read(JSON.stringify({ ...RECORD, record: 2 })), invalid(/record must be equal to constant/));
  });

  for (const [name, change] of Object.entries({
    'result.name': { result: { ...RECORD.result, name: '../a.mkv' } },
    'result.frames': { result: { ...RECORD.result, frames: 1e12 } },
    'source.bytes': { source: { ...file, bytes: -1 } },
    'source.sha256': { source: { ...file, sha256: 'x' } },
    'mask.name': { mask: { ...file, name: '/etc/passwd' } },
    'model.name': { model: { ...RECORD.model, name: '../x4' } },
    'restored.pixelFormat': { restored: { ...RECORD.restored, pixelFormat: '-y' } },
    'decoded.pixelFormat': { decoded: { ...RECORD.decoded, pixelFormat: 'rgb24 -y' } },
    'run.seconds': { run: { ...RECORD.run, seconds: -1 } },
    makers: { makers: [] },
    'tiles.tile': { tiles: { tile: 1e9, overlap: 0 } },
  })) {
    it(`refuses a wrong ${name}`, async () => {
      await assert.rejects(
        read(JSON.stringify({ ...RECORD, ...change })),
        invalid(new RegExp(name.replace('.', '\\.'))),
      );
    });
  }

  it('refuses missing fields', async () => {
    for (const name of Object.keys(RECORD)) {
      const { [name as keyof JobRecord]: _, ...rest } = RECORD;
      await assert.rejects(read(JSON.stringify(rest)), invalid(new RegExp(`required property '${name}'`)));
    }
  });

  it('refuses what contradicts itself', async () => {
    const one = { ...RECORD.decoded, sha256: [sha256] };
    await assert.rejects(
      read(JSON.stringify({ ...RECORD, decoded: one })),
      invalid(/2 frames, 2 restored and 1 decoded/),
    );
    const three = [{ ...maker, frames: 3 }];
    await assert.rejects(read(JSON.stringify({ ...RECORD, makers: three })), invalid(/another number of frames/));
    const samples = { ...RECORD.restored, samples: [[1, '']] };
    await assert.rejects(read(JSON.stringify({ ...RECORD, restored: samples })), invalid(/samples/));
  });

  it('refuses a folder, and a file larger than any record without reading it', async () => {
    writeFileSync(path, '');
    truncateSync(path, 600_000_000); // without blocks on the disk
    await assert.rejects(readRecord(path), invalid(/more than any record/));
    mkdirSync(`${path}.folder`);
    await assert.rejects(readRecord(`${path}.folder`), invalid(/it is not a file/));
    await assert.rejects(readRecord(`${path}.gone`), { code: 'RECORD_NOT_FOUND' });
  });
});
