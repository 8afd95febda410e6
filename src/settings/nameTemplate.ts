import { RemasterError } from '../errors';

/** Fills a template, e.g. `{name}_x{scale}.{ext}`. Throws BAD_SETTING for a placeholder that `parts` does not have. */
export function fillTemplate(template: string, parts: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w*)\}/g, (_, key: string) => {
    const part = Object.hasOwn(parts, key) ? parts[key] : undefined;
    if (part !== undefined) return part;
    throw new RemasterError('BAD_SETTING', `Unknown placeholder {${key}} in ${template}.`, {
      remedy: `Use ${Object.keys(parts)
        .map((one) => `{${one}}`)
        .join(' ')}.`,
    });
  });
}
