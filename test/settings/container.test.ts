import assert from 'node:assert/strict';
import { containerOf } from '../../src/settings/container';

describe('container', () => {
  it('follows the extension, in any case', () => {
    const names = ['a.mp4', 'a.m4v', 'a.MOV', '/b.mp4/a.Mkv'];
    assert.deepEqual(names.map(containerOf), ['mp4', 'mp4', 'mov', 'mkv']);
  });

  it('refuses any other extension, and none', () => {
    for (const name of ['a.avi', 'a.mp4.part', 'mp4', '.mp4', ''])
      assert.throws(() => containerOf(name), { code: 'BAD_SETTING', message: /unsupported extension/ }, name);
  });
});
