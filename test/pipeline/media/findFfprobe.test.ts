import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findFfprobe } from '../../../src/pipeline/media/findFfprobe';
import { scratchFolder } from '../../support/videos';

describe('findFfprobe', () => {
  const folder = scratchFolder();
  const variables = { PATH: process.env['PATH'], REMASTER_FFPROBE: process.env['REMASTER_FFPROBE'] };
  const at = (...names: string[]): string => join(folder, ...names);
  const program = (...names: string[]): string => {
    mkdirSync(at(...names.slice(0, -1)), { recursive: true });
    writeFileSync(at(...names), '#!/bin/sh\n', { mode: 0o755 });
    return at(...names);
  };
  const exists = async (path: string): Promise<void> => {
    if (!path.startsWith(folder) || path.includes('broken')) throw new Error(`${path} does not work`);
    await import('node:fs/promises').then(({ access }) => access(path));
  };
  const find = async (ffmpeg: string): Promise<string | null> => findFfprobe(ffmpeg, exists);

  let alone: string;
  let paired: string;
  before(() => {
    alone = program('alone', 'ffmpeg');
    paired = program('paired', 'ffmpeg');
    program('paired', 'ffprobe');
    program('path', 'ffprobe');
    program('broken', 'ffprobe');
  });
  beforeEach(() => {
    delete process.env['REMASTER_FFPROBE'];
    process.env['PATH'] = ['relative', at('broken'), at('path')].join(delimiter);
  });
  after(() => {
    for (const [name, value] of Object.entries(variables))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });

  it('the one beside ffmpeg comes first, also beside what a link leads to', async () => {
    assert.equal(await find(paired), at('paired', 'ffprobe'));
    mkdirSync(at('links'));
    symlinkSync(paired, at('links', 'ffmpeg'));
    assert.equal(await find(at('links', 'ffmpeg')), at('paired', 'ffprobe'));
  });

  it('then the first on the PATH that works; never one of the current folder', async () => {
    assert.equal(await find(alone), at('path', 'ffprobe'));
  });

  it('null without one, and with REMASTER_FFPROBE=none', async () => {
    process.env['PATH'] = at('broken');
    assert.equal(await find(alone), null);
    process.env['REMASTER_FFPROBE'] = 'none';
    assert.equal(await find(paired), null);
  });

  it('the one of REMASTER_FFPROBE must work', async () => {
    process.env['REMASTER_FFPROBE'] = at('path', 'ffprobe');
    assert.equal(await find(paired), at('path', 'ffprobe'));
    process.env['REMASTER_FFPROBE'] = at('broken', 'ffprobe');
    await assert.rejects(find(paired), /does not work/);
  });
});
