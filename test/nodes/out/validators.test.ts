import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { root } from '../../support/root';

type Validate = (this: object, value: unknown, options: object) => unknown;
type Fields = Readonly<Record<string, unknown>>;

/** Runs the validator of a field as the editor does, in a node, with an open dialog or without. */
function check(field: string, value: unknown, node: Fields, dialog: Fields = {}): unknown {
  const page = readFileSync(join(root, 'dist/nodes/out/remaster-out.html'), 'utf8');
  const [, script] = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(page)!;
  let defaults: Readonly<Record<string, { validate: Validate }>> = {};
  const RED = {
    nodes: { registerType: (_: string, definition: { defaults: typeof defaults }) => ({ defaults } = definition) },
    _: (key: string) => key,
  };
  const $ = (selector: string) => ({ val: () => dialog[selector.replace('#node-input-', '')] });
  runInNewContext(script!, { RED, $ });
  return defaults[field]!.validate.call(node, value, {});
}

describe('the dialog of video out', () => {
  it('asks for an encoder where the open dialog has chosen another codec', () => {
    assert.notEqual(check('encoder', '', { codec: 'h264' }, { codec: 'custom' }), true);
    assert.equal(check('encoder', '', { codec: 'custom' }, { codec: 'h264' }), true);
    assert.notEqual(check('encoder', '', { codec: 'custom' }), true);
    assert.equal(check('encoder', 'libx264', { codec: 'custom' }), true);
  });

  it('refuses an unknown placeholder in the name of a page, where there is one', () => {
    assert.match(String(check('viewer', '{nmae}', { target: 'mjpeg' })), /\{nmae\}/);
    assert.equal(check('viewer', '{name} {date}', { target: 'hls' }), true);
    assert.equal(check('viewer', '', { target: 'hls' }), true);
    assert.equal(check('viewer', '{nmae}', { target: 'file' }), true);
  });
});
