import type { IncomingMessage } from 'node:http';

/** Languages of the web pages. */
export type Language = 'en' | 'de';

/** A text in each language; the page chooses one. */
export type Text = Readonly<Record<Language, string>>;

/** German if it is the browser's first choice, else English. */
export const languageOf = ({ headers }: Pick<IncomingMessage, 'headers'>): Language =>
  /^\s*de\b/i.test(headers['accept-language'] ?? '') ? 'de' : 'en';
