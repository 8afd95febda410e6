import assert from 'node:assert/strict';
import { languageOf } from '../../../nodes/http/language';
import { livePageText } from '../../../nodes/http/livePageText';

describe('the text of a live page', () => {
  it('uses the first language of the browser if it is German, else English', () => {
    const textFor = (languages?: string): string =>
      livePageText(null, languageOf({ headers: { 'accept-language': languages } }));
    assert.deepEqual(['de-DE,de;q=0.9,en;q=0.8', 'en,de', undefined].map(textFor), ['startet', 'starting', 'starting']);
  });
});
