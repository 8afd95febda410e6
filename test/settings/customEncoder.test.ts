import assert from 'node:assert/strict';
import { parseEncoder } from '../../src/settings/customEncoder';

describe('customEncoder', () => {
  it('parses an encoder and its options; all apply to the video', () => {
    assert.deepEqual(parseEncoder('  h264_nvenc -preset p7  -cq:v 18 -b:v:0 -1 '), {
      encoder: 'h264_nvenc',
      options: ['-preset:v', 'p7', '-cq:v', '18', '-b:v', '-1'],
    });
    assert.deepEqual(parseEncoder('libx264'), { encoder: 'libx264', options: [] });
  });

  it('refuses an invalid encoder name', () => {
    for (const text of ['', '-preset slow', 'lib/x264', 'libx264;ls', '_x264'])
      assert.throws(() => parseEncoder(text), { code: 'BAD_SETTING', message: /not a valid encoder name/ }, text);
  });

  it('refuses options that could open files, and words that are no options', () => {
    for (const option of ['-x264-params', '-passlogfile', '-f', '-crf:a', '-crf:v:1', 'crf', '--crf', '-'])
      assert.throws(
        () => parseEncoder(`libx264 ${option} 1`),
        { code: 'BAD_SETTING', message: `The encoder option “${option}” is not allowed.` },
        option,
      );
  });

  it('refuses a missing or invalid value', () => {
    for (const value of ['', '-', '/etc/passwd', 'a=b', '--1', 'a'.repeat(65)])
      assert.throws(() => parseEncoder(`libx264 -crf ${value}`), {
        code: 'BAD_SETTING',
        message: 'The encoder option “-crf” has no valid value.',
      });
    assert.equal(parseEncoder(`libx264 -crf ${'a'.repeat(64)}`).options.length, 2);
  });
});
