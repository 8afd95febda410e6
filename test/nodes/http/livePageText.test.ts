import assert from 'node:assert/strict';
import { languageOf } from '../../../nodes/http/language';
import { livePageText } from '../../../nodes/http/livePageText';
import type { LiveProgress } from '../../../src/settings/liveJob';

describe('the text of a live page', () => {
  it('uses the first language of the browser if it is German, else English', () => {
    const textFor = (languages?: string): string =>
      livePageText(null, languageOf({ headers: { 'accept-language': languages } }));
    assert.deepEqual(['de-DE,de;q=0.9,en;q=0.8', 'en,de', undefined].map(textFor), ['startet', 'starting', 'starting']);
  });

  it('is in one language, also while the camera is not reached', () => {
    const camera = { is: 'waiting', attempt: 2, seconds: 3, code: 'AUTH_FAILED', message: 'The camera refuses.' };
    const progress = { camera } as LiveProgress;
    assert.equal(livePageText(progress, 'en'), 'The camera refuses.');
    assert.equal(livePageText(progress, 'de'), 'Anmeldung abgelehnt, neuer Versuch in 3 s');
  });
});
