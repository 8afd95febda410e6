import type { Node, NodeAPI, NodeDef } from 'node-red';
import { errorRecord, printable, RemasterError } from '../../src/errors';
import type { Done } from './input';

/**
 * Values of the environment variables that settings of nodes name, to show the setting as it was written wherever an error
 * would repeat one: a message about a missing file or an unknown model is read by more people than the variables of
 * Node-RED.
 */
export class Variables {
  /** What stands for each text that must not be shown. */
  readonly #written = new Map<string, string>();

  /** Adds those of a node, which has just been created. */
  addOf(RED: NodeAPI, node: Node, config: NodeDef): void {
    for (const [written, value] of [...typed(RED, node, config), ...substituted(RED, config)]) {
      if (typeof value !== 'string' && typeof value !== 'number') continue;
      for (const form of formsOf(String(value))) this.#written.set(form, written);
    }
  }

  /** The text with the settings as they were written. */
  hide(text: string): string {
    if (this.#written.size === 0) return text;
    const longestFirst = [...this.#written.keys()].toSorted((a, b) => b.length - a.length);
    return text.replace(
      new RegExp(longestFirst.map(pattern).join('|'), 'gu'),
      (form) => this.#written.get(form) ?? form,
    );
  }

  /** The same error without the values. */
  without(thrown: unknown): RemasterError {
    const { code, message, remedy, detail } = errorRecord(thrown);
    return new RemasterError(code, this.hide(message), { remedy: this.hide(remedy), detail: this.hide(detail) });
  }

  /** `done` for errors that may have values: they are changed in place, because Catch nodes get their stack, too. */
  done(done: Done): Done {
    return (error) => {
      if (error) {
        const cause = typeof error.cause === 'string' ? { cause: this.hide(error.cause) } : {};
        Object.assign(error, cause, { message: this.hide(error.message), stack: this.hide(error.stack ?? '') });
      }
      done(error);
    };
  }
}

type Written = readonly [written: string, value: unknown];

/** Fields of the type `env`: `NAME`, or a text with `${NAME}`. */
function typed(RED: NodeAPI, node: Node, config: NodeDef): readonly Written[] {
  const fields = Object.entries(config) as [string, unknown][];
  return fields.flatMap(([type, isEnv]): Written[] => {
    const setting = (config as unknown as Record<string, unknown>)[type.replace(/Type$/, '')];
    if (isEnv !== 'env' || !type.endsWith('Type') || typeof setting !== 'string' || setting === '') return [];
    const written = setting.includes('${') ? setting : `\${${setting}}`;
    return [[written, RED.util.evaluateNodeProperty(setting, 'env', node, {})]];
  });
}

/** Node-RED replaces a field that is `${NAME}` before a node is created; its list of nodes still has what was written. */
function substituted(RED: NodeAPI, config: NodeDef & { readonly _alias?: string }): readonly Written[] {
  const found: Written[] = [];
  const { id, _alias: original = id } = config; // in a subflow the ids of nodes are others
  RED.nodes.eachNode((saved) => {
    if (saved.id !== original) return;
    for (const [name, written] of Object.entries(saved) as [string, unknown][])
      if (typeof written === 'string' && /^\$[{(]\S+[})]$/.test(written))
        found.push([written, (config as unknown as Record<string, unknown>)[name]]);
  });
  return found; // a variable that is not set stands for itself
}

/** How a value may appear in a message: whole, escaped, shortened, or as a part that tells where something is. */
function formsOf(value: string): readonly string[] {
  const text = value.trim();
  const [, host] = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/]*@)?([^/?#]+)/i.exec(text) ?? [];
  const parts = [
    text.replace(/^([^/]*:\/\/)[^/]*@/, '$1'),
    host,
    host?.replace(/:\d+$/, ''),
    text.split(/[\\/]/).at(-1),
  ];
  const whole = [value, text, ...parts].filter((part) => part !== undefined && part !== '');
  const forms = whole.flatMap((form) => [form!, printable(form!), JSON.stringify(form).slice(1, -1)]);
  return [...new Set([...forms, ...forms.flatMap((form) => (form.length > 60 ? [`${form.slice(0, 57)}…`] : []))])];
}

/** Short forms only as whole words: `x` is not to be replaced in `x4`. */
function pattern(form: string): string {
  const escaped = form.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return form.length < 8 ? `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])` : escaped;
}
