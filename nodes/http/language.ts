import type { IncomingMessage } from 'node:http';

/** Languages in which pages speak. */
export type Language = 'en' | 'de';

/** A text in each of them; the page chooses. */
export type Text = Readonly<Record<Language, string>>;

/** What the reader's browser asks for first, if it is one of ours. */
export const languageOf = ({ headers }: Pick<IncomingMessage, 'headers'>): Language =>
  /^\s*de\b/i.test(headers['accept-language'] ?? '') ? 'de' : 'en';
