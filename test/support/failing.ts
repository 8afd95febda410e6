import fs from 'node:fs/promises';

/** Runs `use` while a function of the file system fails with EIO for some paths, as of a broken disk. */
export async function failing<T>(
  name: 'rm' | 'readdir',
  isBad: (path: string) => boolean,
  use: () => Promise<T>,
): Promise<T> {
  const real = fs[name] as (path: string, ...rest: unknown[]) => Promise<unknown>;
  const broken = (path: string, ...rest: unknown[]): Promise<unknown> =>
    isBad(path) ? Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })) : real(path, ...rest);
  Object.assign(fs, { [name]: broken });
  try {
    return await use();
  } finally {
    Object.assign(fs, { [name]: real });
  }
}
