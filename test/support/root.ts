import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the repository: the tests run from `dist/test`, their data files are next to `package.json`. */
export const root = ((): string => {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
})();
