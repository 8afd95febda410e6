'use strict';
// Upscales the sample clip once and keeps the result, with the still images and the list that the comparison page reads.
const { createHash } = require('node:crypto');
const { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { createEngine, listModels, probe, RemasterError, restore, thumbnail } = require('../../dist/src');
const { counted, duration, progressBar } = require('../../dist/src/cli/progressBar');
const { root, version } = require('../setup');

const SAMPLE = join(root, 'resources', 'media', 'sample.mp4');
/** The quickest one: a newcomer waits seconds. */
const MODEL = 'x4-live';
const TITLE = { en: 'Office tower at night', de: 'Büroturm bei Nacht' };

/** Files of the comparison page, in the folder `media`. */
const MEDIA = ['before.mp4', 'after.mp4', 'before.png', 'after.png', 'added.jpg', 'added.json'];

/** Upscales the sample unless a result of the same clip, model and version exists. Returns the folder. */
async function restoreSample(home, { again, signal }) {
  const folder = join(home, 'demo');
  const at = (name) => join(folder, MEDIA.includes(name) ? 'media' : '', name);
  mkdirSync(join(folder, 'media'), { recursive: true });
  const engine = createEngine();
  try {
    const model = await findModel(engine);
    const key = keyOf(model);
    const known = again ? null : readKnown(at('result.json'), key);
    if (known && [...MEDIA, 'pairs.json'].every((name) => existsSync(at(name)))) {
      console.log(`The sample clip was upscaled before: ${sentence(known)}. \`npm start -- --again\` repeats it.`);
      listFiles(at);
      return folder;
    }
    signal.throwIfAborted();
    rmSync(at('result.json'), { force: true }); // incomplete until it is written again
    copyFileSync(SAMPLE, at('before.mp4'));
    const source = await probe(SAMPLE, engine);
    console.log(
      `Upscaling the sample clip (${source.frames} frames, ${source.width}×${source.height}) with the model ${model.name}…`,
    );
    const result = await restoreTo(at('after.mp4'), { engine, signal });
    // Half a frame early: the first frame after that moment is the middle one, however the times were rounded.
    const moment = (Math.floor(source.frames / 2) - 0.5) / source.fps;
    await thumbnail(SAMPLE, at('before.png'), moment, result.width, engine);
    await thumbnail(at('after.mp4'), at('after.png'), moment, null, engine);
    const [before, after] = ['before.png', 'after.png'].map((name) => new Uint8Array(readFileSync(at(name))));
    const { map, mean, share } = await engine.ask('added', { before, after }, signal);
    writeFileSync(at('added.jpg'), map);
    writeJson(at('added.json'), { mean, share, map: 'media/added.jpg' });
    const record = { key, source, result };
    writeJson(at('pairs.json'), { pairs: [pairOf(record)] });
    writeJson(at('result.json'), record);
    for (const warning of result.warnings) console.log(`note: ${warning}`);
    console.log(`Upscaled ${sentence(record)}.`);
    listFiles(at);
    return folder;
  } finally {
    await engine.close();
  }
}

function listFiles(at) {
  const path = (name) => relative(process.cwd(), at(name));
  console.log(`  source: ${path('before.mp4')}, one frame: ${path('before.png')}`);
  console.log(`  result: ${path('after.mp4')}, one frame: ${path('after.png')}`);
}

async function findModel(engine) {
  const models = await listModels(engine);
  const model = models.find(({ name }) => name === MODEL);
  if (model && !model.problem) return model;
  throw model
    ? RemasterError.from(model.problem)
    : new RemasterError('MODEL_NOT_FOUND', `The model ${MODEL} is not in ${join(root, 'models')}.`, {
        remedy: 'Restore it: git checkout -- models',
      });
}

/** Hash of everything that the result depends on. */
function keyOf(model) {
  const hash = createHash('sha256').update(version()).update(readFileSync(SAMPLE));
  for (const name of readdirSync(model.path).filter((file) => /\.(json|onnx)$/.test(file))) {
    hash.update(name).update(readFileSync(join(model.path, name)));
  }
  return hash.digest('hex');
}

function readKnown(path, key) {
  try {
    const known = JSON.parse(readFileSync(path, 'utf8'));
    return known.key === key ? known : null;
  } catch {
    return null; // none yet, or written incompletely
  }
}

async function restoreTo(output, { engine, signal }) {
  const bar = progressBar(process.stdout, null);
  try {
    return await restore(
      { input: SAMPLE, output, model: MODEL, overwrite: true },
      { engine, signal, onProgress: (progress) => bar.progress(progress) },
    );
  } finally {
    bar.end();
  }
}

const size = ({ width, height }) => `${width}×${height}`;

const sentence = ({ source, result: { framesOut, model, elapsed, ...result } }) =>
  `${counted(framesOut, 'frame')} from ${size(source)} to ${size(result)} in ${duration(elapsed)}, model ${model.name}, ${counted(model.steps, 'step')}, on ${model.provider}`;

/** One entry of pairs.json; resources/compare/README.md describes the format. */
function pairOf({ source, result }) {
  const { framesOut, width, height, model } = result;
  const time = duration(result.elapsed);
  const sizes = { before: size(source), after: `${size(result)}, ×${width / source.width}` };
  return {
    title: TITLE,
    text: {
      en: `${framesOut} frames, upscaled in ${time} on ${model.provider === 'cpu' ? 'the CPU' : model.provider} with the model ${model.name}.`,
      de: `${framesOut} Bilder, in ${time} auf ${model.provider === 'cpu' ? 'der CPU' : model.provider} vergrößert mit dem Modell ${model.name}.`,
    },
    width,
    height,
    fps: source.fps,
    added: { url: 'media/added.json', strength: 1 },
    before: {
      label: { en: `before · ${sizes.before}`, de: `vorher · ${sizes.before}` },
      image: 'media/before.png',
      video: 'media/before.mp4',
    },
    after: {
      label: {
        en: `after · ${sizes.after}, ${counted(model.steps, 'step')}`,
        de: `nachher · ${sizes.after}, ${model.steps} ${model.steps === 1 ? 'Schritt' : 'Schritte'}`,
      },
      image: 'media/after.png',
      video: 'media/after.mp4',
    },
  };
}

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

module.exports = { restoreSample };
