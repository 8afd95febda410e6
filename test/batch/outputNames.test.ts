import assert from 'node:assert/strict';
import { checkTemplate, needsModel, OutputNames, outputPath } from '../../src/batch/outputNames';

describe('the names of results', () => {
  const source = (path: string, subfolder = '', isFolder = false) => ({ path, subfolder, isFolder });
  const named = { codec: 'h264', model: '/models/my x2', scale: 2 } as const;
  const name = (template: string, path: string, isFolder = false): string =>
    outputPath('/out', template, source(path, '', isFolder), named);

  it('are made of the template, with the extension of the codec unless it has one', () => {
    assert.equal(name('{name}', '/in/tape 07.mov'), '/out/tape 07.mp4');
    assert.equal(name('{name}_x{scale}', '/in/a.b.mov'), '/out/a.b_x2.mp4');
    assert.equal(name('{name}.{type}.{model}.mkv', '/in/a.mov'), '/out/a.mov.my x2.mkv');
    assert.equal(
      outputPath('/out', '{name} {codec}', source('/in/a.mov'), { ...named, codec: 'ffv1' }),
      '/out/a ffv1.mkv',
    );
    assert.equal(name('{name}', '/in/scan 2.5', true), '/out/scan 2.5.mp4');
    assert.equal(outputPath('/out', '{name}', source('/in/1990/a.mov', '1990/may'), named), '/out/1990/may/a.mp4');
  });
  it('never leave the folder, are never hidden, and have no control characters', () => {
    for (const template of ['../{name}', 'a/b', 'a\\b', '{name}\n', '{name}\u009b', '{naem}', '{constructor}'])
      assert.throws(() => checkTemplate(template), { code: 'BAD_SETTING' }, template);
    checkTemplate('{name}_x{scale} {model} {codec} {type}.{ext}');
    assert.equal(name('{name}', '/in/...mov'), '/out/_...mp4');
    assert.equal(name('.{name}', '/in/a.mov'), '/out/_.a.mp4');
    assert.equal(name('{name}', '/in/a\nb\u001b.mov'), '/out/a_b_.mp4');
    assert.ok(Buffer.byteLength(name('{name}', `/in/${'ä'.repeat(125)}.mov`)) <= '/out/'.length + 255);
  });
  it('need a model only where they name one', () => {
    assert.deepEqual(['{name}_x{scale}', '{model}', '{name} {codec}'].map(needsModel), [true, true, false]);
  });

  const clashes = (names: OutputNames, ...pairs: readonly (readonly [string, string])[]) =>
    names.claim(pairs.map(([input, output]) => ({ input, output }))).map((error) => error?.code ?? null);

  it('are not used twice: neither source gets a name that two would have', () => {
    const names = new OutputNames(true);
    assert.deepEqual(clashes(names, ['a.mov', 'a'], ['b.mov', 'b'], ['a.mp4', 'a']), [
      'OUTPUT_CLASH',
      null,
      'OUTPUT_CLASH',
    ]);
    assert.deepEqual(clashes(names, ['b.mp4', 'b'], ['b.mov', 'b'], ['a.mov', 'a']), ['OUTPUT_CLASH', null, null]);
    assert.match(names.claim([{ input: 'x', output: 'b' }])[0]!.message, /x and b\.mov would both be written to b\./);
  });
  it('that differ in capital letters are the same where the file system says so', () => {
    const pairs = [['a.mov', 'Tape'], ['b.mov', 'tape']] as const; // prettier-ignore
    assert.deepEqual(clashes(new OutputNames(true), ...pairs), [null, null]);
    assert.deepEqual(clashes(new OutputNames(false), ...pairs), ['OUTPUT_CLASH', 'OUTPUT_CLASH']);
    assert.deepEqual(clashes(new OutputNames(false), ['a', 'é'], ['b', 'e\u0301']), ['OUTPUT_CLASH', 'OUTPUT_CLASH']);
  });
});
