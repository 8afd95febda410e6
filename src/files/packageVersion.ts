import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of remaster. */
export function packageVersion(): string {
  const manifest = readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8'); // above dist/src/files
  return (JSON.parse(manifest) as { version: string }).version;
}
