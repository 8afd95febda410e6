import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'mocha';
import { root } from '../support/root';
import { scratchFolder } from '../support/videos';

/** What the word list prints about a folder with these files. */
function check(files: Readonly<Record<string, string>>): { status: number | null; lines: string[] } {
  const folder = scratchFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'wordList.js'), folder], {
    encoding: 'utf8',
  });
  return {
    status,
    lines: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.replace(/^.*\//, '')),
  };
}

describe('word list', () => {
  it('names file, line, word and hint of refused words in comments, strings and prose', () => {
    const { status, lines } = check({
      'code.ts': "// Whoever reads this\nconst film = `a ${nobody('one film')} b`;\n/* is\n * told */\n",
      'text.md': '# Title\n\nIt works by itself.\n',
      'page.html': '<p>Mask the hole</p>\n<script>\nfoo(); // looked at later\n</script>\n',
      'locales/en-US/node.json': '{\n  "hole": "Fill the holes"\n}\n',
    });
    assert.equal(status, 1);
    assert.deepEqual(lines.map((line) => line.replace(/ → \S.*$/, '')).toSorted(), [
      'code.ts:1: Whoever',
      'code.ts:2: film',
      'code.ts:3: is told',
      'node.json:2: holes',
      'page.html:1: hole',
      'page.html:3: looked at',
      'text.md:3: by itself',
    ]);
  });

  it('passes identifiers, code, paths, regular expressions, other languages and film as a material', () => {
    const { status, lines } = check({
      'code.ts':
        "const holes = /'/.test(film) ? 'film' : '/tmp/one film.mp4/x'; // film grain, `hole`, ./nobody.ts, wholes\n",
      'text.md': 'Use `film`, see [here](docs/film.md).\n\n```\nfilm by itself\n```\n',
      'page.html': '<span class="one film">Film stock</span>\n',
      'locales/de/node.json': '{ "film": "Film by itself" }\n',
    });
    assert.deepEqual([status, lines], [0, []]);
  });

  it('accepts a refused word with a reason on the line or above it', () => {
    const { status } = check({ 'code.ts': '// word-list-allow: quoted from ffmpeg\n// "film" tune\n' });
    assert.equal(status, 0);
  });
});
