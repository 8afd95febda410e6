import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { allowedSource, allowedTarget, pathRules, type PathRules } from '../../../nodes/message/pathPolicy';

describe('path policy', () => {
  let top: string;
  let rules: PathRules;
  const refusal = { code: 'PATH_NOT_ALLOWED' };

  before(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'remaster-allow-')));
    for (const folder of ['open', 'open/deep', 'closed']) mkdirSync(join(top, folder));
    for (const file of ['open/a.mp4', 'open/-i.mp4', 'closed/secret.mp4'])
      writeFileSync(join(top, file), '\0\0\0\x18ftyp');
    writeFileSync(join(top, 'open/list.mp4'), 'ffconcat version 1.0\nfile /etc/passwd\n');
    writeFileSync(join(top, 'open/list2.mp4'), '\ufeff  #EXTM3U\nhttp://x/');
    symlinkSync(join(top, 'closed/secret.mp4'), join(top, 'open/link.mp4'));
    symlinkSync(join(top, 'closed'), join(top, 'open/way'));
    symlinkSync(join(top, 'closed/new.mp4'), join(top, 'open/dangling.mp4'));
    rules = { base: join(top, 'open'), folders: [join(top, 'open')], setting: 'remasterInAllowedFolders' };
  });
  after(() => rmSync(top, { recursive: true, force: true }));

  it('accepts a file in an allowed folder from a message, also with an option-like name', async () => {
    assert.equal(await allowedSource(join(top, 'open/a.mp4'), 'message', rules), join(top, 'open/a.mp4'));
    assert.equal(await allowedSource('a.mp4', 'message', rules), join(top, 'open/a.mp4'));
    assert.equal(await allowedSource('-i.mp4', 'message', rules), join(top, 'open/-i.mp4'));
    assert.equal(
      await allowedSource('deep/not there yet.mp4', 'message', rules),
      join(top, 'open/deep/not there yet.mp4'),
    );
  });

  for (const path of [
    '../closed/secret.mp4',
    'link.mp4',
    'way/secret.mp4',
    'deep/../../closed/secret.mp4',
    '/etc/passwd',
    'way/none.mp4',
  ]) {
    it(`rejects ${path} from a message`, async () => {
      await assert.rejects(allowedSource(path, 'message', rules), refusal);
    });
  }

  it('does not write through a link that points outside, even to a new file', async () => {
    await assert.rejects(allowedTarget('dangling.mp4', 'message', rules), refusal);
    await assert.rejects(allowedTarget('way/new.mp4', 'message', rules), refusal);
    assert.equal(await allowedTarget('new.mp4', 'message', rules), join(top, 'open/new.mp4'));
  });

  it('does not confuse a folder with one whose name begins the same', async () => {
    mkdirSync(join(top, 'open-too'));
    await assert.rejects(allowedSource(join(top, 'open-too/a.mp4'), 'message', rules), refusal);
  });

  for (const path of [
    'concat:a.mp4|b.mp4',
    'http://example.org/a.mp4',
    'HTTPS://example.org/a.mp4',
    'pipe:0',
    'data:video/mp4;base64,AAAA',
    'file:///etc/passwd',
    'subfile,,start,0,end,9,,:/etc/passwd',
    'rtsp://camera/1',
    'a.mp4\0.txt',
  ]) {
    it(`rejects ${JSON.stringify(path)} from messages and settings`, async () => {
      await assert.rejects(allowedSource(path, 'message', rules), refusal);
      await assert.rejects(allowedSource(path, 'config', rules), refusal);
      await assert.rejects(allowedTarget(path, 'config', rules), refusal);
    });
  }

  it('accepts a colon in a file name after its folder', async () => {
    assert.equal(await allowedSource('./tape:1.mp4', 'message', rules), join(top, 'open/tape:1.mp4'));
    assert.equal(await allowedSource('2024-05-01 10:30.mp4', 'message', rules), join(top, 'open/2024-05-01 10:30.mp4'));
  });

  for (const path of ['a.m3u8', 'a.FFCONCAT', 'a.txt', 'a.sdp', 'list.mp4', 'list2.mp4']) {
    it(`rejects the playlist ${path} from a message`, async () => {
      await assert.rejects(allowedSource(path, 'message', rules), { code: 'PATH_NOT_ALLOWED', message: /playlist/ });
    });
  }

  it('accepts any file from the author of the flow', async () => {
    assert.equal(await allowedSource(join(top, 'closed/secret.mp4'), 'config', rules), join(top, 'closed/secret.mp4'));
  });

  for (const path of ['', '   ', undefined, null, 7, ['a.mp4']]) {
    it(`rejects ${JSON.stringify(path)} as a path`, async () => {
      await assert.rejects(allowedSource(path, 'message', rules), { code: 'BAD_SETTING' });
    });
  }

  it('allows working folder, user directory, home and temp folder by default', () => {
    const { folders, base } = pathRules(
      { userDir: '/srv/nr', fileWorkingDirectory: '/srv/work' },
      'remasterInAllowedFolders',
    );
    assert.equal(base, '/srv/work');
    assert.deepEqual(folders.slice(0, 2), ['/srv/work', '/srv/nr']);
    assert.ok(folders.includes(tmpdir()));
  });

  it('never allows the root folder by default', () => {
    const { root } = parse(tmpdir());
    assert.ok(!pathRules({ userDir: root }, 'remasterInAllowedFolders').folders.includes(root));
  });

  it('allows only the folders of the setting', () => {
    const settings = { userDir: '/srv/nr', remasterInAllowedFolders: ['/media/tapes'] };
    assert.deepEqual(pathRules(settings, 'remasterInAllowedFolders').folders, ['/media/tapes']);
    assert.deepEqual(pathRules({ remasterOutAllowedFolders: [] }, 'remasterOutAllowedFolders').folders, []);
    assert.throws(() => pathRules({ remasterInAllowedFolders: '/media' }, 'remasterInAllowedFolders'), {
      code: 'BAD_SETTING',
    });
  });
});
