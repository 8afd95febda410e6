/** A line of a manifest. */
export interface ManifestEntry {
  readonly sha256: string;
  /** Relative, with slashes. */
  readonly path: string;
}

/** As BagIt (RFC 8493, 2.1.3) and `sha256sum` have it. */
export const manifestText = (entries: readonly ManifestEntry[]): string =>
  entries.map(({ sha256, path }) => `${sha256}  ${encodedPath(path)}\n`).join('');

/** Null for a text that is no manifest. */
export function parseManifest(text: string): readonly ManifestEntry[] | null {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line !== '');
  const entries = lines.map((line) => /^([0-9a-f]{64})[ \t]+\*?(.+)$/i.exec(line));
  if (entries.some((entry) => entry === null)) return null;
  return entries.map((entry) => ({ sha256: entry![1]!.toLowerCase(), path: decodedPath(entry![2]!) }));
}

const encodedPath = (path: string): string =>
  path.replace(/[%\r\n]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

const decodedPath = (path: string): string =>
  path.replace(/%(25|0A|0D)/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
