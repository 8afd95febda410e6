import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences } from '../../../../src/pipeline/jobs/identity';
import { jobIdentity } from '../../../../src/pipeline/jobs/restore/jobIdentity';
import type { Encoding } from '../../../../src/pipeline/media/encode';
import { openSource } from '../../../../src/pipeline/media/sourceFile';
import { type Job, JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { scratchFolder } from '../../../support/videos';

describe('jobIdentity', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const job: Job = { ...JOB_DEFAULTS, input: at('a.mkv'), output: at('out.mkv') };
  const encoding = { codec: { options: ['-c:v', 'ffv1'], pixelFormat: 'yuv444p' } } as unknown as Encoding;

  before(() => {
    for (const name of ['a.mkv', 'mask.png']) writeFileSync(at(name), `content of ${name}`);
    writeFileSync(at('other.mkv'), 'content of b.mkv');
  });

  /** Names of what differs from the plain job. */
  async function differs(
    changes: Partial<Job>,
    parts: {
      source?: string;
      mask?: string;
      model?: string;
      faceFinder?: string;
      encoder?: string[];
      pixelFormat?: string;
      crop?: { left: number; top: number; width: number; height: number };
    } = {},
  ): Promise<string[]> {
    const identity = async (changed: typeof parts, settings: Partial<Job>) =>
      jobIdentity(
        { ...job, ...settings },
        {
          source: await openSource(changed.source ?? at('a.mkv')),
          mask: changed.mask === undefined ? null : await openSource(changed.mask),
          model: { sha256: changed.model ?? 'm' },
          ...{ faceFinder: changed.faceFinder ?? null, crop: changed.crop ?? null },
          encoding: {
            ...encoding,
            codec: {
              ...encoding.codec,
              options: changed.encoder ?? encoding.codec.options,
              pixelFormat: changed.pixelFormat ?? encoding.codec.pixelFormat,
            },
          },
        },
      );
    return differences(await identity({}, {}), await identity(parts, changes));
  }

  for (const [name, value] of Object.entries({
    output: at('renamed.mkv'),
    overwrite: true,
    resume: false,
    discard: true,
    concurrency: 4,
    provider: 'cuda',
    device: 3,
    threads: 7,
    loadLimit: 600,
    batch: 9,
    hwaccel: 'auto',
    hardware: 'auto',
    audio: 'none',
    extras: false,
    queue: 'redis://nas',
    mixed: true,
  } satisfies Partial<Job>)) {
    it(`another ${name} continues`, async () => assert.deepEqual(await differs({ [name]: value }), []));
  }

  it('every other setting is part of it', async () => {
    const free = [
      'input',
      'output',
      'overwrite',
      'resume',
      'discard',
      'concurrency',
      'model',
      'mask',
      'encoder',
      'crop',
      'record',
      'bag',
      'preset',
    ];
    const more = [
      'provider',
      'device',
      'threads',
      'loadLimit',
      'batch',
      'hwaccel',
      'hardware',
      'audio',
      'extras',
      'imageName',
      'startNumber',
      'queue',
      'mixed',
    ];
    const names = Object.keys(job).filter((name) => !free.includes(name) && !more.includes(name));
    assert.ok(names.length > 20);
    for (const name of names) assert.deepEqual(await differs({ [name]: 'changed' }), [name]);
  });

  it('a copy of the source in another folder, with another time, continues', async () => {
    mkdirSync(at('moved'));
    copyFileSync(at('a.mkv'), at('moved/b.mkv'));
    utimesSync(at('moved/b.mkv'), new Date(0), new Date(1000));
    assert.deepEqual(await differs({ input: at('moved/b.mkv') }, { source: at('moved/b.mkv') }), []);
  });

  it('another content of source or mask, model, face finder, encoder or pixel format does not', async () => {
    assert.deepEqual(await differs({}, { source: at('other.mkv') }), ['source']);
    assert.deepEqual(await differs({}, { mask: at('mask.png') }), ['mask']);
    assert.deepEqual(await differs({}, { model: 'n' }), ['model']);
    assert.deepEqual(await differs({}, { faceFinder: 'f' }), ['faceFinder']);
    assert.deepEqual(await differs({}, { crop: { left: 0, top: 0, width: 8, height: 8 } }), ['crop']);
    assert.deepEqual(await differs({}, { encoder: ['-c:v', 'libaom-av1'] }), ['encoder']);
    assert.deepEqual(await differs({}, { pixelFormat: 'yuv420p' }), ['encoder']);
  });
});
