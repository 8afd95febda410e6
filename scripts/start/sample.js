'use strict';
// The sample clip, restored once and kept, with the pictures and the list that the before/after page shows.
const { createHash } = require('node:crypto');
const { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { createEngine, JOB_DEFAULTS, listModels, probe, RemasterError, restore, thumbnail } = require('../../dist/src');
const { duration, progressLine } = require('../../dist/src/cli/progressBar');
const { root, version } = require('../setup');

const SAMPLE = join(root, 'resources', 'media', 'sample.mp4');
const TITLE = { en: 'Office tower at night', de: 'Büroturm bei Nacht' };

/** What the page shows, in the folder media of the demo. */
const MEDIA = ['before.mp4', 'after.mp4', 'before.png', 'after.png'];

/** Restores the sample unless that was done before with the same clip, model and version. Returns the folder. */
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
      console.log(`The sample clip is restored already: ${sentence(known)}. (npm start -- --again does it anew.)`);
      return folder;
    }
    signal.throwIfAborted();
    rmSync(at('result.json'), { force: true }); // from here on nothing is whole until it is written again
    copyFileSync(SAMPLE, at('before.mp4'));
    const source = await probe(SAMPLE, engine);
    console.log(
      `Restoring the sample clip (${source.frames} frames, ${source.width}×${source.height}) with the model ${model.name}…`,
    );
    const result = await restoreTo(at('after.mp4'), { engine, signal });
    // Half a frame early: the first frame after that moment is the middle one, however the times were rounded.
    const moment = (Math.floor(source.frames / 2) - 0.5) / source.fps;
    await thumbnail(SAMPLE, at('before.png'), moment, result.width, engine);
    await thumbnail(at('after.mp4'), at('after.png'), moment, null, engine);
    const record = { key, source, result };
    writeJson(at('pairs.json'), { pairs: [pairOf(record)] });
    writeJson(at('result.json'), record);
    for (const warning of result.warnings) console.log(`note: ${warning}`);
    console.log(`Restored ${sentence(record)}.`);
    console.log(`It is in ${relative(process.cwd(), join(folder, 'media')) || '.'}: ${MEDIA.join(', ')}`);
    return folder;
  } finally {
    await engine.close();
  }
}

async function findModel(engine) {
  const models = await listModels(engine);
  const model = models.find(({ name }) => name === JOB_DEFAULTS.model);
  if (model && !model.problem) return model;
  throw model
    ? RemasterError.from(model.problem)
    : new RemasterError('MODEL_NOT_FOUND', `The model ${JOB_DEFAULTS.model} is not in ${join(root, 'models')}.`, {
        remedy: 'Get the repository whole: git checkout -- models',
      });
}

/** What the result depends on: when none of it changed, there is nothing to do. */
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
    return null; // none yet, or cut off while it was written: it is made again
  }
}

async function restoreTo(output, { engine, signal }) {
  const line = progressLine(process.stdout, null);
  try {
    return await restore(
      { input: SAMPLE, output, overwrite: true },
      { engine, signal, onProgress: (progress) => line.progress(progress) },
    );
  } finally {
    line.end();
  }
}

const size = ({ width, height }) => `${width}×${height}`;

const sentence = ({ source, result: { framesOut, model, elapsed, ...result } }) =>
  `${framesOut} frames from ${size(source)} to ${size(result)} in ${duration(elapsed)}, model ${model.name}, ${model.steps} steps, on ${model.provider}`;

/** One entry of pairs.json; resources/compare/README.md tells its form. */
function pairOf({ source, result }) {
  const { framesOut, width, height, model } = result;
  const time = duration(result.elapsed);
  const sizes = { before: size(source), after: `${size(result)}, ×${width / source.width}` };
  const { steps } = model;
  return {
    title: TITLE,
    text: {
      en: `${framesOut} frames, restored in ${time} on ${model.provider === 'cpu' ? 'the CPU' : model.provider} with the model ${model.name}.`,
      de: `${framesOut} Bilder, in ${time} auf ${model.provider === 'cpu' ? 'der CPU' : model.provider} restauriert mit dem Modell ${model.name}.`,
    },
    width,
    height,
    fps: source.fps,
    before: {
      label: { en: `before · ${sizes.before}`, de: `vorher · ${sizes.before}` },
      image: 'media/before.png',
      video: 'media/before.mp4',
    },
    after: {
      label: {
        en: `after · ${sizes.after}, ${steps} ${steps === 1 ? 'step' : 'steps'}`,
        de: `nachher · ${sizes.after}, ${steps} ${steps === 1 ? 'Schritt' : 'Schritte'}`,
      },
      image: 'media/after.png',
      video: 'media/after.mp4',
    },
  };
}

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

module.exports = { restoreSample };
