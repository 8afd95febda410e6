import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

describe('the house', () => {
  const root = process.cwd();
  const files = ['src', 'nodes'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(top, name)),
  );
  const text = (file: string): string => readFileSync(join(root, file), 'utf8');
  const imports = (file: string): string[] =>
    [...text(file).matchAll(/(?:from|import\(|require\()\s*'([^']+)'/g)].map(([, to]) =>
      to!.startsWith('.') ? relative(root, join(root, file, '..', to!)) : to!,
    );

  /** Who may know whom: errors ← sampler ← model ← pipeline ← engine ← nodes, cli. The first room that matches is the file's. */
  const rooms: readonly (readonly [room: RegExp, mayKnow: readonly RegExp[]])[] = [
    [/^src\/errors/, []],
    [/^src\/sampler\//, [/^src\/(sampler|errors)/]],
    [/^src\/model\//, [/^src\/(model|sampler|errors)/, /^node:/, /^(ajv|protobufjs)/, /^onnxruntime-node$/]],
    [
      /^src\/pipeline\//,
      [
        /^src\/(pipeline|model\/model|sampler|errors)/,
        /^node:/,
        /^(rxjs|fluent-ffmpeg|sharp|@ffmpeg-installer\/ffmpeg)$/,
      ],
    ],
    [/^src\/engine\//, [/^src\/(engine|pipeline|model|errors)/, /^node:/]],
    [/^src\/(index|cli|progressLine|imageFile)/, [/^src\//, /^node:/]],
    [
      /^nodes\//,
      [
        /^nodes\//,
        /^src\/(engine|errors|pipeline\/(job|(image|frames|film)\/job|settings|live\/(job|address|boxes))|model\/library|index)/,
        /^node:/,
        /^(node-red|express)$/,
      ],
    ],
  ];

  /** Things only some files may touch. */
  const onlyIn: Readonly<Record<string, RegExp>> = {
    'node:child_process': /^src\/(pipeline\/ffmpeg\w*|engine\/\w+)\.ts$/,
    'node:worker_threads': /^src\/model\//,
    'onnxruntime-node': /^src\/model\//,
    'fluent-ffmpeg': /^src\/pipeline\/thumbnail\.ts$/,
    sharp: /^src\/pipeline\/image\//,
    rxjs: /^src\/pipeline\/(pace|restore)\.ts$/,
  };

  it('maths has no clock, no dice and no environment', () => {
    for (const file of files.filter((name) => name.startsWith('src/sampler/'))) {
      assert.doesNotMatch(
        text(file),
        /Math\.random|\bDate\b|\bprocess\.(env|hrtime|cwd|pid|platform)|performance\./,
        file,
      );
    }
  });
  for (const file of files) {
    it(`${file} stays in its room`, () => {
      const [, mayKnow] = rooms.find(([room]) => room.test(file)) ?? assert.fail('no room for this file');
      for (const to of imports(file)) {
        assert.ok(
          mayKnow.some((known) => known.test(to)),
          `${file} may not import ${to}`,
        );
        if (onlyIn[to]) assert.match(file, onlyIn[to], `${to} is not for ${file}`);
      }
    });
  }
  it('pixels and processes never enter Node-RED: only the engine starts anything, and no shell is ever used', () => {
    for (const file of files) assert.doesNotMatch(text(file), /shell: *true|execSync|[^.]\bexec\(/, file);
  });
});
