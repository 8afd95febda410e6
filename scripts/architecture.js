'use strict';
// Draws which folder imports which, from the import lines, into docs/architecture.md.
//   node scripts/architecture.js
const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join, posix, sep } = require('node:path');

const root = join(__dirname, '..');
const PAGE = join(root, 'docs', 'architecture.md');
const BEGIN = '<!-- drawn by scripts/architecture.js -->';
const END = '<!-- end of the drawing -->';

/** The boxes, grouped by the frame around them. The first box whose pattern matches a file holds it. */
const BOXES = [
  ['src', 'cli', /^src\/cli\//],
  ['src', 'index', /^src\/(?:index|calls)\.ts$/],
  ['src', 'library', /^src\/library\//],
  ['src', 'tryout', /^src\/tryout\//],
  ['src', 'batch', /^src\/batch\//],
  ['src', 'errors', /^src\/errors\.ts$/],
  ['src', 'async', /^src\/async\//],
  ['src', 'files', /^src\/files\//],
  ['src', 'settings', /^src\/settings\//],
  ['src', 'presets', /^src\/presets\//],
  ['src', 'queue', /^src\/queue\//],
  ['src', 'sampler', /^src\/sampler\//],
  ['src/engine', 'client', /^src\/engine\/client\//],
  ['src/engine', 'process', /^src\/engine\/process\//],
  ['src/engine', 'protocol', /^src\/engine\/[^/]+\.ts$/],
  ['src/pipeline', 'jobs', /^src\/pipeline\/jobs\//],
  ['src/pipeline', 'operators', /^src\/pipeline\/operators\//],
  ['src/pipeline', 'frames', /^src\/pipeline\/frames\//],
  ['src/pipeline', 'media', /^src\/pipeline\/media\//],
  ['src/model', 'model.ts', /^src\/model\/model\.ts$/],
  ['src/model', 'inference', /^src\/model\/inference\//],
  ['src/model', 'compiler', /^src\/model\/compiler\//],
  ['src/model', 'bundle', /^src\/model\/bundle\//],
  ['src/model', 'onnx', /^src\/model\/onnx\//],
  ['nodes', 'message', /^nodes\/message\//],
  ['nodes', 'jobs', /^nodes\/jobs\//],
  ['nodes', 'http', /^nodes\/http\//],
  ['nodes', 'in, upscale, out, image, frames, model', /^nodes\/\w+\//],
  ['nodes', 'runtime', /^nodes\//],
];

const idOf = ([frame, name]) => `${frame}/${name}`.replace(/\W+/g, '_');

function boxOf(file) {
  const box = BOXES.find(([, , pattern]) => pattern.test(file));
  if (!box) throw new Error(`${file} is in no box: add one to BOXES in scripts/architecture.js`);
  return idOf(box);
}

/** Box → the boxes that its files import, types included. */
function imports() {
  const files = ['src', 'nodes'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name.split(sep).join('/')}`),
  );
  const arrows = new Map(files.map((file) => [boxOf(file), new Set()]));
  for (const file of files) {
    const from = boxOf(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, to] of text.matchAll(/(?:from|import\(|import)\s*'(\.[^']+)'/g)) {
      const target = boxOf(`${posix.join(file, '..', to)}.ts`);
      if (target !== from) arrows.get(from).add(target);
    }
  }
  return arrows;
}

/** Leaves out an arrow where a path through other boxes leads to the same place. */
function reduce(arrows) {
  const reaches = (from, to, seen = new Set()) =>
    [...arrows.get(from)].some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  // Two boxes that import each other would each leave the other's arrows out.
  const leads = (from, over, to) => over !== to && reaches(over, to) && !reaches(over, from) && !reaches(to, over);
  return BOXES.map(idOf).flatMap((from) =>
    [...(arrows.get(from) ?? [])]
      .filter((to) => ![...arrows.get(from)].some((over) => leads(from, over, to)))
      .sort()
      .map((to) => [from, to]),
  );
}

/** The drawing, as Mermaid's flowchart in a block of Markdown. */
function drawing() {
  const arrows = imports();
  const frames = [...new Set(BOXES.map(([frame]) => frame))].flatMap((frame) => [
    `  subgraph ${frame.replace('/', '_')} ["${frame}/"]`,
    ...BOXES.filter((box) => box[0] === frame && arrows.has(idOf(box))).map((box) => `    ${idOf(box)}["${box[1]}"]`),
    '  end',
  ]);
  const lines = reduce(arrows).map(([from, to]) => `  ${from} --> ${to}`);
  return ['```mermaid', 'flowchart TD', ...frames, ...lines, '```'].join('\n');
}

/** docs/architecture.md with this drawing in place of the one that it has. */
function redrawn() {
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  return `${before}${BEGIN}\n\n${drawing()}\n\n${END}${rest.split(END)[1]}`;
}

module.exports = { PAGE, redrawn };
if (require.main === module) writeFileSync(PAGE, redrawn());
