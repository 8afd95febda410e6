'use strict';
// The pages of the nodes: in each template, `/* defaults */` becomes the defaults of the settings in the node's `rows.js`,
// `/* validators */` what they need, and `<!-- fields -->` a form row for each setting with a dialog entry (with names:
// for these). What the template has itself, it keeps. Node-RED's library reads the pages without running them.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const WIDE = 'calc(100% - 150px)';
const SHORT = '90px';

/** Writes the page of a node into `folder`, the compiled node's. */
function writePage(template, folder, name) {
  const type = `remaster-${name}`;
  const { ROWS } = require(join(folder, 'rows.js'));
  const words = JSON.parse(readFileSync(join(folder, 'locales', 'en-US', `${type}.json`), 'utf8'))[type];
  writeFileSync(join(folder, `${type}.html`), pageOf(readFileSync(template, 'utf8'), type, ROWS, words));
}

function pageOf(template, type, rows, words) {
  const prefix = type === 'remaster-model' ? 'node-config-input' : 'node-input';
  const page = { type, prefix, words, rows };
  const names = Object.keys(rows);
  const missing = names.filter((name) => !template.includes(`id="${prefix}-${name}"`));
  const named = new Set([...template.matchAll(/<!-- fields: ([\w ]+) -->/g)].flatMap(([, list]) => list.split(' ')));
  const formOf = (list) => list.map((name) => formRow(page, name)).join('\n');
  return template
    .replace(/ *<!-- fields: ([\w ]+) -->/g, (_, list) => formOf(list.split(' ')))
    .replace(/ *<!-- fields -->/, () => formOf(missing.filter((name) => !named.has(name))))
    .replace(/ *\/\* defaults \*\//, () => defaults(page, template))
    .replace(/ *\/\* validators \*\//, () => validators(page));
}

/** The lines of `defaults`. */
function defaults({ rows, prefix }, template) {
  const own = new Set([...template.matchAll(/^ +(\w+): \{(?: value:|$)/gm)].map(([, name]) => name));
  const lines = Object.entries(rows)
    .filter(([name]) => !own.has(name))
    .flatMap(([name, row]) => {
      const check = checkOf(name, row, prefix);
      const validate = check === null ? '' : `, validate: function (v, _options) { return ${check}; }`;
      const type = row.dialog?.typed ? [`${name}Type: { value: '${row.dialog.typed}' },`] : [];
      return [`${name}: { value: ${literal(shown(row))}${validate} },`, ...type];
    });
  return lines.map((line) => `        ${line}`).join('\n');
}

/** The value of the field in a new node. */
function shown(row) {
  if (row.kind === 'switch') return row.default;
  if (row.dialog?.value !== undefined) return row.dialog.value;
  return row.default === null ? '' : String(row.default / (row.unitSize ?? 1) || row.default);
}

const literal = (value) => (typeof value === 'string' ? `'${value}'` : String(value));

/** The call that checks a typed-in value; null: it cannot be wrong. */
function checkOf(name, row, prefix) {
  if (row.dialog?.list !== undefined) return null;
  const typeField = row.dialog?.typed === undefined ? 'null' : `'${prefix}-${name}Type'`;
  const range = `${row.min / (row.unitSize ?? 1)}, ${row.max / (row.unitSize ?? 1)}`;
  const number = row.kind === 'whole' && row.unitSize === undefined ? 'isWhole' : 'isNumber';
  if (row.kind === 'whole' || row.kind === 'number') return `${number}(this, v, ${typeField}, ${range})`;
  return row.kind === 'colour' ? 'isColour(v)' : null;
}

/** Functions and constants that the script of the page uses. */
function validators({ type, rows, prefix }) {
  const typed = Object.keys(rows).filter((name) => rows[name].dialog?.typed === 'num');
  const values = Object.entries(rows).map(([name, row]) => [name, shown(row)]);
  const uses = (name) => Object.entries(rows).some(([field, row]) => checkOf(field, row, prefix)?.startsWith(name));
  return [
    `    const message = function (key, limits) {`,
    `      return RED._('@remaster/node-red-video/${type}:${type}.error.' + key, limits);`,
    `    };`,
    ...(typed.length > 0
      ? [
          `    /** Fields that may name a property of the message. */`,
          `    const typedFields = ${JSON.stringify(typed)};`,
        ]
      : []),
    `    /** The values of the fields in a new node. */`,
    `    const fieldDefaults = ${JSON.stringify(Object.fromEntries(values))};`,
    ...(uses('is') ? [TYPED_IN] : []),
    ...(uses('isWhole') ? [WHOLE] : []),
    ...(uses('isNumber') ? [NUMBER] : []),
    ...(uses('isColour') ? [COLOUR] : []),
  ].join('\n');
}

const TYPED_IN = `    /** Values that are not checked: none, and those that a message or the environment gives. */
    const isExempt = function (node, v, typeField) {
      const type = typeField === null ? 'num' : $('#' + typeField).val() || node[typeField.replace(/^.*-/, '')];
      return (type !== undefined && type !== 'num') || v === undefined || v === null || v === '' || /\\$\\{.+\\}/.test(v);
    };`;
const WHOLE = `    const isWhole = function (node, v, typeField, min, max) {
      const n = Number(v);
      return isExempt(node, v, typeField) || (Number.isInteger(n) && n >= min && n <= max) || message('whole', { min, max });
    };`;
const NUMBER = `    const isNumber = function (node, v, typeField, min, max) {
      return isExempt(node, v, typeField) || (Number(v) >= min && Number(v) <= max) || message('number', { min, max });
    };`;
const COLOUR = `    const isColour = function (v) {
      return isExempt({}, v, null) || /^#[0-9a-f]{6}$/i.test(v) || message('colour');
    };`;

/** A row of the form. */
function formRow(page, name) {
  const { type, prefix } = page;
  const { dialog } = page.rows[name];
  const attributes = [
    `class="form-row ${type}-row"`,
    `id="${type}-${name}-row"`,
    ...(dialog.section === undefined ? [] : [`data-section="${dialog.section}"`]),
    ...(dialog.for === undefined ? [] : [`data-for="${dialog.for}"`]),
  ];
  return `  <div ${attributes.join(' ')}>
    <label for="${prefix}-${name}"><i class="fa fa-${dialog.icon}"></i> <span data-i18n="${type}.label.${name}"></span></label>
    ${[...inputOf(page, name), ...hintOf(page, name)].join('\n    ')}
  </div>`;
}

function inputOf({ type, prefix, words, rows }, name) {
  const { kind, dialog, values } = rows[name];
  const id = `id="${prefix}-${name}"`;
  if (kind === 'switch')
    return [`<input type="checkbox" ${id} style="display: inline-block; width: auto; vertical-align: baseline" />`];
  const list = dialog.list ?? values;
  if (list) {
    const nullable = dialog.list === undefined && rows[name].default === null ? [''] : [];
    const options = [...nullable, ...list].map((value) => optionOf(type, words, name, String(value)));
    return [`<select ${id} style="width: ${WIDE}">`, ...options.map((line) => `  ${line}`), '</select>'];
  }
  const width = words.hint?.[name] === undefined ? WIDE : SHORT;
  const placeholder =
    words.placeholder?.[name] === undefined ? '' : ` data-i18n="[placeholder]${type}.placeholder.${name}"`;
  const input = `<input type="text" ${id} style="width: ${width}"${placeholder} />`;
  return dialog.typed ? [input, `<input type="hidden" id="${prefix}-${name}Type" />`] : [input];
}

/** A value without a word in the catalogue stands for itself. */
function optionOf(type, words, name, value) {
  const key = value === '' ? 'auto' : value;
  if (words[name]?.[key] === undefined) return `<option value="${value}">${value}</option>`;
  return `<option value="${value}" data-i18n="${type}.${name}.${key}"></option>`;
}

function hintOf({ type, words }, name) {
  const hint = words.hint?.[name];
  if (hint === undefined) return [];
  const html = hint.includes('<') ? '[html]' : '';
  return [`<span style="color: var(--red-ui-secondary-text-color)" data-i18n="${html}${type}.hint.${name}"></span>`];
}

module.exports = { pageOf, writePage };
