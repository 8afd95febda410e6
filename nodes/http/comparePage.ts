import { multipartOf, type NextPair } from '../jobs/jpegPair';
import type { Text } from './language';
import { FRAME_ANCESTORS } from './sameSite';
import { type PageResponse, staticPage } from './staticPage';

/** The before/after page; see resources/compare/README.md. */
export const comparePage = staticPage(
  'compare',
  `default-src 'self'; img-src 'self' data:; base-uri 'none'; ${FRAME_ANCESTORS}`,
  [
    'addedView.js',
    'compare.css',
    'compare.js',
    'dom.js',
    'livePair.js',
    'player.js',
    'slider.js',
    'syncedVideos.js',
    'strings.js',
    'zoom.js',
  ],
);

/** `pairs.json` of a running job. */
export const livePairs = (title: string): { readonly pairs: readonly unknown[] } => ({
  pairs: [{ title, text: LIVE, live: 'pair', before: { label: BEFORE }, after: { label: AFTER } }],
});

export const BEFORE: Text = { en: 'before', de: 'vorher' };
export const AFTER: Text = { en: 'after', de: 'nachher' };
const LIVE: Text = {
  en: 'The newest frame, before and after: both sides show the same moment.',
  de: 'Der neueste Frame, vorher und nachher: beide Seiten zeigen denselben Moment.',
};

/** Sends the next pair: 204 if none comes, 503 while no engine runs. */
export function sendPair(pair: NextPair, response: PageResponse): void {
  pair().then(
    (jpegs) => {
      if (!jpegs) return void response.status(204).end();
      const { type, body } = multipartOf(jpegs);
      response.set('Content-Type', type).send(body);
    },
    () => response.status(503).end(), // the node that runs the job reports the error
  );
}
