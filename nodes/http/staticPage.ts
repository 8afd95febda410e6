import { join } from 'node:path';

const RESOURCES = join(__dirname, '..', '..', '..', 'resources');

/** The styles that all pages share. */
const TOKENS = 'tokens.css';

/** The part of Express that pages use. */
export interface PageResponse {
  status(code: number): PageResponse;
  set(name: string, value: string): PageResponse;
  send(body: string | Buffer): unknown;
  json(body: unknown): unknown;
  end(): unknown;
  sendFile(path: string, options: object, done?: (error?: Error) => void): unknown;
}

export interface StaticPage {
  readonly headers: Readonly<Record<string, string>>;
  /** Sends `index.html` (`''`) or a listed file; false for any other name, so that a name never becomes a path. */
  send(file: string, response: PageResponse): boolean;
}

/** A page in `resources/<folder>`: real files, no inline scripts. */
export const staticPage = (folder: string, contentSecurityPolicy: string, files: readonly string[]): StaticPage => ({
  headers: {
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, no-cache',
  },
  send(file, response) {
    if (file !== '' && file !== TOKENS && !files.includes(file)) return false;
    const root = file === TOKENS ? RESOURCES : join(RESOURCES, folder);
    response.sendFile(file || 'index.html', { root, cacheControl: false });
    return true;
  },
});

export function setHeaders(page: StaticPage, response: Pick<PageResponse, 'set'>): void {
  for (const [name, value] of Object.entries(page.headers)) response.set(name, value);
}
