import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { complaintsOf } from '../../../../src/pipeline/media/gaps/complaints';

describe('complaints of ffmpeg', () => {
  const ERROR = 'Invalid data found when processing input';

  /** The complaints in these lines; a number is the tick of a new frame. */
  function heard(...lines: readonly (string | number)[]): readonly string[] {
    const complaints = complaintsOf({ codec: 'gif', timeBase: { num: 1, den: 100 } });
    const stderr = new PassThrough();
    stderr.setEncoding('utf8');
    let newest: number | null = null;
    complaints.hear(stderr, () => newest);
    for (const line of lines) {
      if (typeof line === 'number') newest = line;
      else stderr.emit('data', `${line}\n`);
    }
    assert.equal(complaints.count(), complaints.heard.length);
    return complaints.heard.map(({ seconds, text }) => `${seconds} ${text}`);
  }

  it('are those of decoders, and of others from the first frame on', () => {
    const damaged = '[gif @ 0x1] LZW decode failed';
    const header = '[mov @ 0x1] unknown box';
    assert.deepEqual(heard(damaged, header, 50, header, 'frame= 3'), [
      'null gif: LZW decode failed',
      '0.5 mov: unknown box',
    ]);
    assert.deepEqual(heard(50, '[vaapi @ 0x1] no device'), []);
  });

  it('are those of ffmpeg where the decoder says nothing', () => {
    const old = `Error while decoding stream #0:0: ${ERROR}`;
    const said = `0.5 ${old}`;
    assert.deepEqual(heard(50, old), [said]);
    assert.deepEqual(heard(50, '[gif @ 0x1] LZW decode failed', old), ['0.5 gif: LZW decode failed']);
    for (const [speaker, words] of [
      ['vist#0:0/gif', 'Error submitting packet to decoder'],
      ['dec:gif', 'Decoding error'],
    ])
      assert.deepEqual(heard(50, `[${speaker} @ 0x1] ${words}: ${ERROR}`), [`0.5 ${words}: ${ERROR}`]);
  });

  it('are those of a packet behind which the file ends', () => {
    const cut = 'Truncating packet of size 2217 to 1656';
    assert.deepEqual(heard(cut, 50, cut), [`null ${cut}`, `0.5 ${cut}`]);
  });

  it('are those of damaged bytes also before the first frame', () => {
    assert.deepEqual(heard('[ogg @ 0x1] CRC mismatch!'), ['null ogg: CRC mismatch!']);
    const structure = '0x00 at pos 3966 (0xf7e) invalid as first byte of an EBML number';
    assert.deepEqual(heard(`[matroska,webm @ 0x1] ${structure}`), [`null matroska,webm: ${structure}`]);
  });
});
