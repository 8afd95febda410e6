import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The repository: the tests run from `dist/test`, the files they look at lie beside `package.json`. */
export const root = ((): string => {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
})();
