import assert from 'node:assert/strict';
import { sequenceOf, Sequences } from '../../../nodes/out/sequences';

describe('open sequences', () => {
  it('ignore late images of one that has ended', () => {
    const sequences = new Sequences<string>();
    sequences.open('s', 'video');
    assert.deepEqual([sequences.get('s'), sequences.hasEnded('s')], ['video', false]);
    sequences.end('s');
    assert.deepEqual([sequences.get('s'), sequences.hasEnded('s')], [null, true]);
  });

  it('images without a sequence begin another video', () => {
    const sequences = new Sequences<string>();
    for (const msg of [{}, { parts: { id: 7 } }]) assert.equal(sequenceOf(msg), '');
    sequences.open('', 'first');
    sequences.end('');
    assert.deepEqual([sequences.get(''), sequences.hasEnded('')], [null, false]);
    assert.equal(sequenceOf({ parts: { id: 's' } }), 's');
  });

  it('remember the last hundred that ended', () => {
    const sequences = new Sequences<string>();
    for (let n = 0; n <= 100; n++) sequences.end(`s${n}`);
    assert.deepEqual([sequences.hasEnded('s0'), sequences.hasEnded('s1')], [false, true]);
  });
});
