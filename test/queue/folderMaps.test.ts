import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localRun, mappedPath, parseMap } from '../../src/queue/folderMaps';
import { parseRun, type Run, runPayload } from '../../src/queue/payloads';
import { fakeJob } from '../support/fakeSegments';
import { scratchFolder } from '../support/videos';

describe('mapped folders', () => {
  const folder = realpathSync(scratchFolder());
  const at = (name: string): string => join(folder, name);
  const maps = [parseMap(`/server/videos=${at('here')}`)];
  let run: Run;

  before(() => {
    for (const name of ['here', 'outside']) mkdirSync(at(name));
    writeFileSync(at('here/in.mp4'), 'video');
    writeFileSync(at('outside/in.mp4'), 'video');
    writeFileSync(at('here/list.mp4'), '#EXTM3U');
    symlinkSync(at('outside'), at('here/link'));
    const { job, ...shared } = fakeJob(at('outside'), 'out');
    const theirs = { ...job, input: '/server/videos/in.mp4', output: '/server/videos/out.mkv' };
    const own = { ...shared, job: theirs, folder: '/server/videos/.out.mkv.remaster' };
    run = { ...own, run: 'a'.repeat(32), host: 'server', isCancelled: false };
  });
  const withJob = (changes: Partial<Run['job']>): Run => ({ ...run, job: { ...run.job, ...changes } });

  for (const [text, expected] of [
    ['/a=/b', { theirs: '/a', ours: '/b' }],
    ['/a', { theirs: '/a', ours: '/a' }],
    ['D:\\videos=/mnt/d', { theirs: 'D:\\videos', ours: '/mnt/d' }],
  ] as const)
    it(`--map ${text}`, () => assert.deepEqual(parseMap(text), expected));
  for (const text of ['', 'a=/b', '/a=b', '/a=', '/a=/b=/c', 'D:\\a'])
    it(`--map ${text} is refused`, () => assert.throws(() => parseMap(text), { code: 'BAD_SETTING' }));

  it('map the files in them, and nothing beside', () => {
    const one = [{ theirs: '/a', ours: '/b' }];
    assert.equal(mappedPath('/a/c/d', one), '/b/c/d');
    for (const path of ['/ab/c', '/', '/a', 'a/c']) assert.equal(mappedPath(path, one), null, path);
    const windows = [{ theirs: 'D:\\videos\\', ours: '/mnt' }];
    assert.equal(mappedPath('D:\\videos\\tape\\1.mp4', windows), '/mnt/tape/1.mp4');
    assert.equal(mappedPath('D:\\other\\1.mp4', windows), null);
  });

  it('name a path that is in none of them', () =>
    assert.rejects(localRun(withJob({ input: '/etc/passwd' }), maps), {
      message: '/etc/passwd is in none of the folders of --map.',
    }));

  it('turn the paths of a job into those of this machine', async () => {
    const { job, folder: work } = await localRun(parseRun(runPayload(run)), maps);
    assert.deepEqual(
      [job.input, job.output, work],
      [at('here/in.mp4'), at('here/out.mkv'), at('here/.out.mkv.remaster')],
    );
  });

  const REFUSED: Readonly<Record<string, () => Run>> = {
    'a source outside': () => withJob({ input: '/etc/passwd' }),
    'a source that leads out with ..': () => withJob({ input: '/server/videos/../../outside/in.mp4' }),
    'a source behind a link that leads out': () => withJob({ input: '/server/videos/link/in.mp4' }),
    'a mask outside': () => withJob({ mask: '/etc/passwd' }),
    'a playlist': () => withJob({ input: '/server/videos/list.mp4' }),
    'a playlist by its name': () => withJob({ input: '/server/videos/x.m3u8' }),
    'an address': () => withJob({ input: 'http://server/videos/in.mp4' }),
    'an output outside': () => withJob({ output: '/tmp/out.mkv' }),
    'an output behind a link that leads out': () => withJob({ output: '/server/videos/link/out.mkv' }),
    'a work folder outside': () => ({ ...run, folder: '/tmp/.out.mkv.remaster' }),
    'a work folder of another output': () => ({ ...run, folder: '/server/videos/.other.mkv.remaster' }),
    'another folder as the work folder': () => ({ ...run, folder: '/server/videos' }),
  };
  for (const [what, changed] of Object.entries(REFUSED))
    it(`refuse ${what}`, () => assert.rejects(localRun(changed(), maps), { code: 'PATH_NOT_ALLOWED' }));
});
