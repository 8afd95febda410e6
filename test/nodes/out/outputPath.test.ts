import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeName, placeholders } from '../../../nodes/out/outputPath';
import { fillTemplate } from '../../../src/settings/nameTemplate';

const given = {
  label: 'tape 07.final.mov',
  scale: 4,
  model: '/srv/models/x4',
  codec: 'prores',
  now: new Date(2026, 0, 2, 3, 4, 5),
} as const;
const parts = placeholders(given);

describe('output', () => {
  it('fills a template', () => {
    assert.equal(fillTemplate('{name}_x{scale}.{ext}', parts), 'tape 07.final_x4.mov');
    assert.equal(fillTemplate('{date} {time} {model} {codec}', parts), '2026-01-02 03-04-05 x4 prores');
    assert.equal(fillTemplate('{tmp}', parts), tmpdir());
    assert.equal(fillTemplate('plain.mp4', parts), 'plain.mp4');
  });

  it('a name is never that of the folder above', () => {
    for (const [label, name] of [
      ['..', '_'],
      ['.', '_'],
      ['...', '_'],
      ['..mp4', '_'],
      ['..a.mp4', '..a'],
    ] as const)
      assert.equal(fillTemplate('/srv/{name}', placeholders({ ...given, label })), `/srv/${name}`, label);
  });

  it('lists the placeholders if one is unknown', () => {
    for (const template of ['{nmae}.mp4', '{}.mp4', '{constructor}.mp4']) {
      assert.throws(() => fillTemplate(template, parts), { code: 'BAD_SETTING', remedy: /\{name\} \{scale\}/ });
    }
  });

  it('returns a name that no file and no other job uses', () => {
    const folder = mkdtempSync(join(tmpdir(), 'remaster-output-'));
    try {
      const path = join(folder, 'a.b.mp4');
      const none = new Set<string>();
      assert.equal(freeName(path, none), path);
      writeFileSync(path, '');
      assert.equal(freeName(path, none), join(folder, 'a.b_2.mp4'));
      assert.equal(freeName(path, new Set([join(folder, 'a.b_2.mp4')])), join(folder, 'a.b_3.mp4'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
