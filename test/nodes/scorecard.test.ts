import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { root } from '../support/root';
import { example, exampleNames } from './support/flows';

/** What a node type tells the editor; only what the tests look at. */
interface Definition {
  readonly category: string;
  readonly color?: string;
  readonly icon?: string;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly align?: string;
  readonly paletteLabel?: string;
  readonly defaults: Readonly<Record<string, { value: unknown; type?: string; validate?: (v: unknown) => unknown }>>;
  readonly credentials?: Readonly<Record<string, object>>;
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly keywords: string[];
  readonly repository: { url: string };
  readonly bugs: { url: string };
  readonly engines: { node: string };
  readonly files: string[];
  readonly dependencies: Record<string, string>;
  readonly 'node-red': { version: string; nodes: Record<string, string> };
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pkg = JSON.parse(read('package.json')) as Package;
const types = Object.keys(pkg['node-red'].nodes);
/** Where a node, its page, its texts and its icon are: `nodes/in` for `remaster-in`. */
const folderOf = (type: string): string => `nodes/${type.replace('remaster-', '')}`;
const pageOf = (type: string): string => read(`dist/${folderOf(type)}/${type}.html`);
const LANGUAGES = ['en-US', 'de'];

/** Runs the script of a node's page as the editor would, and returns what it registers. */
function definitionOf(type: string): Definition {
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(pageOf(type));
  assert.ok(script, `${type}.html has a script`);
  const registered = new Map<string, Definition>();
  const RED = {
    nodes: { registerType: (name: string, definition: Definition) => registered.set(name, definition) },
    _: (key: string) => key,
    validators: {},
  };
  runInNewContext(script[1]!, { RED, $: () => ({ val: () => undefined }) });
  assert.deepEqual([...registered.keys()], [type]);
  return registered.get(type)!;
}

/** Keys of a catalogue, joined by dots. */
function keysOf(catalogue: unknown, path = ''): string[] {
  if (typeof catalogue === 'string') return [path];
  return Object.entries(catalogue as Record<string, unknown>).flatMap(([key, value]) =>
    keysOf(value, path === '' ? key : `${path}.${key}`),
  );
}

describe('scorecard of the flow library', () => {
  it('P01, P03, P05: licence, repository, bug tracker, keyword', () => {
    assert.ok(pkg.license);
    assert.match(pkg.repository.url, /^git\+https:\/\/github\.com\//);
    assert.match(pkg.bugs.url, /^https:/);
    assert.ok(pkg.keywords.includes('node-red'));
  });

  it('P04: a scoped name', () => assert.match(pkg.name, /^@[a-z0-9-]+\/node-red-[a-z0-9-]+$/));

  it('P06, P07: versions of Node-RED and Node.js that include the newest and the maintained', () => {
    assert.equal(pkg['node-red'].version, '>=4.1.0');
    // Node-RED 5 asks for 22.9, the lowest version that its scorecard tries.
    assert.equal(pkg.engines.node, '^20.19.0 || ^22.9.0 || >=24.0.0');
  });

  it('D01: six dependencies at most, and Node-RED is none of them', () => {
    const names = Object.keys(pkg.dependencies);
    assert.ok(names.length <= 6);
    assert.ok(!names.includes('node-red'));
  });

  it('ships what it needs', () => {
    for (const part of ['dist/src', 'dist/nodes', 'examples']) assert.ok(pkg.files.includes(part), part);
    for (const file of Object.values(pkg['node-red'].nodes)) {
      assert.match(file, /^dist\/nodes\/([a-z]+)\/remaster-\1\.js$/); // the page's name is made by replacing the first `.js`
      const page = file.replace('.js', '.html');
      assert.ok(existsSync(join(root, page)), page);
    }
  });

  it('N02: every node but the config nodes is in an example; every example is a list', () => {
    const used = new Set(exampleNames.flatMap((name) => example(name).map(({ type }) => type)));
    for (const type of types) if (definitionOf(type).category !== 'config') assert.ok(used.has(type), type);
    for (const name of exampleNames) assert.ok(Array.isArray(example(name)), name);
  });

  it('examples with nodes of others name their packages, and stay apart from those that everybody can deploy', () => {
    const folder = 'examples/flows/with other nodes';
    const theirs: readonly (readonly [string, RegExp])[] = [
      ['@flowfuse/node-red-dashboard', /^ui-/],
      ['@kevingodell/node-red-mp4frag', /^mp4frag$/],
    ];
    const core = ['tab', 'comment', 'inject', 'debug', 'change', 'global-config'];
    const names = readdirSync(join(root, folder));
    assert.equal(names.length, 2);
    for (const name of names) {
      const flow = JSON.parse(read(`${folder}/${name}`)) as {
        id: string;
        type: string;
        wires?: string[][];
        modules?: Record<string, string>;
      }[];
      const ids = new Set(flow.map(({ id }) => id));
      assert.equal(ids.size, flow.length, name);
      const { modules } = flow.find(({ type }) => type === 'global-config')!;
      const [[needed, prefix]] = theirs.filter(([packageName]) => modules![packageName] !== undefined) as [
        [string, RegExp],
      ];
      assert.deepEqual(Object.keys(modules!), [needed]);
      for (const { type, wires } of flow) {
        assert.ok(types.includes(type) || core.includes(type) || prefix.test(type), `${name}: ${type}`);
        for (const id of wires?.flat() ?? []) assert.ok(ids.has(id), `${name}: a wire leads to ${id}`);
      }
      for (const type of ['comment', 'remaster-out'])
        assert.ok(
          flow.some((node) => node.type === type),
          name,
        );
      assert.ok(
        flow.some(({ type }) => prefix.test(type)),
        name,
      );
    }
    const others = exampleNames.flatMap(example).filter(({ type }) => theirs.some(([, prefix]) => prefix.test(type)));
    assert.deepEqual(others, []);
  });

  for (const type of types) {
    describe(type, () => {
      it('can be read without running the page', () => {
        const page = pageOf(type);
        assert.match(page, /<script type="text\/javascript">/);
        assert.match(page, new RegExp(`RED\\.nodes\\.registerType\\('${type}', \\{`));
        assert.match(page, new RegExp(`data-template-name="${type}"`));
      });

      it('looks like one of ours', () => {
        const { category, color, icon, inputs, outputs, align, paletteLabel } = definitionOf(type);
        assert.equal(category, type === 'remaster-model' ? 'config' : 'video');
        if (category === 'config') return; // it is not in the palette
        assert.match(color!, /^#[0-9A-F]{6}$/i);
        assert.equal(icon, `${type}.svg`);
        assert.deepEqual([inputs, outputs], [1, ['remaster-out', 'remaster-batch'].includes(type) ? 2 : 1]);
        assert.equal(align, type === 'remaster-out' ? 'right' : undefined);
        assert.match(
          paletteLabel!,
          /^(video (\/ RTSP camera in|upscale \/ restore \(super resolution\)|out|frames|batch \(many files\))|image upscale \(video\))$/,
        );
        const svg = read(`${folderOf(type)}/icons/${icon}`);
        assert.match(svg, /width="40" height="60" viewBox="0 0 40 60"/);
        assert.doesNotMatch(svg.replaceAll('#fff', ''), /#[0-9a-f]{3,}|rgb/i); // white on transparent
      });

      it('has no setting of a name by which the editor keeps something else', () => {
        const taken = [
          'id',
          'type',
          'z',
          'x',
          'y',
          'w',
          'h',
          'g',
          'l',
          'd',
          'wires',
          'inputs',
          'icon',
          'info',
          'valid',
          'users',
        ];
        const { defaults } = definitionOf(type);
        assert.deepEqual(Object.keys(defaults).filter((name) => taken.includes(name)), []); // prettier-ignore
      });

      it('has a field for every setting, and a setting for every field', () => {
        const { category, defaults, credentials = {} } = definitionOf(type);
        const prefix = category === 'config' ? 'node-config-input-' : 'node-input-';
        const fields = [...pageOf(type).matchAll(/ id="(node-(?:config-)?input-)(\w+)"/g)].map(([, start, name]) => {
          assert.equal(start, prefix);
          return name;
        });
        assert.deepEqual(new Set(fields), new Set([...Object.keys(defaults), ...Object.keys(credentials)]));
        for (const field of fields.filter((name) => !/Type$|^outputs$/.test(name!))) {
          assert.match(pageOf(type), new RegExp(`<label\\s+for="${prefix}${field}"`), `${field} has a label`);
        }
      });

      it('is valid as it comes from the palette', () => {
        const { defaults } = definitionOf(type);
        const node = Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value]));
        for (const [name, { value, validate }] of Object.entries(defaults)) {
          if (validate) assert.equal(validate.call(node, value), true, name);
        }
      });

      it('speaks every language completely', () => {
        const page = pageOf(type);
        const catalogues = LANGUAGES.map(
          (language) => JSON.parse(read(`${folderOf(type)}/locales/${language}/${type}.json`)) as object,
        );
        const [english, ...others] = catalogues.map((catalogue) => keysOf(catalogue));
        for (const keys of others) assert.deepEqual(keys.toSorted(), english!.toSorted());
        for (const text of catalogues.map((one) => JSON.stringify(one)))
          assert.doesNotMatch(text, /\{\{/, 'Node-RED writes __name__');
        const used = [
          ...page.matchAll(/data-i18n="(?:\[\w+\])?([\w.-]+)"/g),
          ...page.matchAll(/_\(\s*'([\w.-]+)'/g),
        ].map(([, key]) => key!);
        assert.ok(used.length > 3);
        const sections = [...page.matchAll(/data-section="(\w+)"/g)].map(([, section]) => `${type}.section.${section}`);
        const whole = used.filter((key) => key !== `${type}.section.`); // the beginning of those
        for (const key of [...whole, ...sections]) assert.ok(english!.includes(key), `${key} has a text`);
        for (const language of LANGUAGES) {
          const help = read(`${folderOf(type)}/locales/${language}/${type}.html`);
          assert.match(help, new RegExp(`<script type="text/markdown" data-help-name="${type}">`));
        }
      });
    });
  }

  it('shows the defaults of the job in the editor', () => {
    const value = (type: string, field: string): unknown => definitionOf(type).defaults[field]!.value;
    const shown = {
      model: value('remaster-model', 'model'),
      provider: value('remaster-model', 'provider'),
      device: Number(value('remaster-model', 'device')),
      threads: Number(value('remaster-model', 'threads')),
      loadLimit: value('remaster-model', 'loadLimit') || null,
      tile: value('remaster-model', 'tile') || null,
      overlap: value('remaster-model', 'overlap') || null,
      batch: value('remaster-model', 'batch') || null,
      steps: value('remaster-upscale', 'steps') || null,
      order: value('remaster-upscale', 'order') || null,
      scale: value('remaster-upscale', 'scale') || null,
      colorFix: value('remaster-upscale', 'colorFix') || null,
      temporalDenoise: value('remaster-upscale', 'temporalDenoise'),
      faces: value('remaster-upscale', 'faces') || null,
      minFace: value('remaster-upscale', 'minFace') || null,
      mask: value('remaster-upscale', 'mask') || null,
      maskColor: value('remaster-upscale', 'maskColor') || null,
      maskTolerance: value('remaster-upscale', 'maskTolerance') || null,
      maskGrow: value('remaster-upscale', 'maskGrow') || null,
      tileCache: Number(value('remaster-upscale', 'tileCache')),
      strength: Number(value('remaster-upscale', 'strength')),
      noise: value('remaster-upscale', 'noise'),
      seed: Number(value('remaster-upscale', 'seed')),
      preset: value('remaster-in', 'preset') || null,
      deinterlace: value('remaster-in', 'deinterlace'),
      fieldOrder: value('remaster-in', 'fieldOrder'),
      crop: value('remaster-in', 'crop') || null,
      aspect: value('remaster-in', 'aspect'),
      sequenceRate: Number(value('remaster-in', 'sequenceRate') || 25),
      maxFps: value('remaster-in', 'maxFps') || null,
      maxHeight: value('remaster-in', 'maxHeight') || null,
      hwaccel: value('remaster-in', 'hwaccel') === true ? 'auto' : 'off',
      trim: value('remaster-in', 'trimStart') || value('remaster-in', 'trimEnd') || null,
      overwrite: value('remaster-out', 'overwrite') === 'always',
      codec: value('remaster-out', 'codec'),
      encoder: value('remaster-out', 'encoder') || null,
      hardware: value('remaster-out', 'hardware'),
      quality: value('remaster-out', 'quality') || null,
      pixelFormat: value('remaster-out', 'pixelFormat') || null,
      imageName: null, // a part of the file name
      startNumber: Number(value('remaster-out', 'startNumber')),
      segment: Number(value('remaster-out', 'segment')),
      concurrency: Number(value('remaster-out', 'concurrency')),
      audio: value('remaster-out', 'audio'),
      extras: value('remaster-out', 'extras'),
      record: value('remaster-out', 'record'),
      bag: value('remaster-out', 'bag'),
      resume: value('remaster-out', 'resume'),
      discard: value('remaster-out', 'discard'),
      queue: value('remaster-model', 'queue') || null,
      mixed: value('remaster-model', 'mixed'),
    };
    assert.deepEqual(shown, JOB_DEFAULTS);
  });
});
