import { join } from 'node:path';
import { multipartOf, type NextPair } from '../jobs/jpegPair';
import type { Text } from './language';

/** The before/after page, which resources/compare/README.md describes. */
const PAGE = join(__dirname, '..', '..', '..', 'resources', 'compare');
const FILES = [
  'compare.css',
  'compare.js',
  'dom.js',
  'livePair.js',
  'player.js',
  'slider.js',
  'syncedVideos.js',
  'strings.js',
  'zoom.js',
];

export const COMPARE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'self'; img-src 'self' data:; base-uri 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'private, no-cache',
};

/** Sends the page itself (`''`) or one of its files; false for any other name. */
export function sendPage(file: string, response: PageResponse): boolean {
  if (file !== '' && !FILES.includes(file)) return false;
  response.sendFile(file || 'index.html', { root: PAGE, cacheControl: false });
  return true;
}

/** What the page shows of a job at work. */
export const livePairs = (title: string): { readonly pairs: readonly unknown[] } => ({
  pairs: [
    {
      title,
      text: LIVE,
      live: 'pair',
      before: { label: BEFORE },
      after: { label: AFTER },
    },
  ],
});

export const BEFORE: Text = { en: 'before', de: 'vorher' };
export const AFTER: Text = { en: 'after', de: 'nachher' };
const LIVE: Text = {
  en: 'The newest picture, and what becomes of it: always the same moment on both sides.',
  de: 'Das neueste Bild und was aus ihm wird: auf beiden Seiten stets derselbe Augenblick.',
};

/** Answers with the next pair: 204 when none comes, 503 while the engine is not there. */
export function sendPair(pair: NextPair, response: PageResponse): void {
  pair().then(
    (made) => {
      if (!made) return void response.status(204).end();
      const { type, body } = multipartOf(made);
      response.set('Content-Type', type).send(body);
    },
    () => response.status(503).end(), // what is wrong is told where the job runs
  );
}

/** Express, as far as it is used. */
export interface PageResponse {
  status(code: number): PageResponse;
  set(name: string, value: string): PageResponse;
  send(body: string | Buffer): unknown;
  end(): unknown;
  sendFile(path: string, options: object, done?: (error?: Error) => void): unknown;
}
