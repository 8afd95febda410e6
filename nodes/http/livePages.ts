import type { NextPair } from '../jobs/jpegPair';
import type { FrameBroadcast } from './frameBroadcast';
import type { Language } from './language';

/** A live video that a browser can show. */
export interface LivePage {
  readonly title: string;
  readonly broadcast: FrameBroadcast;
  /** Folder of the HLS files; null: MJPEG. */
  readonly folder: string | null;
  /** Status text, and whether frames arrive. */
  readonly state: (language: Language) => { readonly text: string; readonly running: boolean };
  /** Shown to everybody, also where the editor needs a login. */
  readonly isPublic: boolean;
  /** Before and after of the next frame. */
  readonly pair: NextPair;
}

/** Path of the live pages below `httpNodeRoot`. */
export const BASE_PATH = '/remaster/live';

/** The published live pages of one Node-RED, by name. */
export class LivePages {
  readonly #pages = new Map<string, LivePage>();

  get(name: string): LivePage | undefined {
    return this.#pages.get(name);
  }

  /** Publishes a page; a number is appended to a name that is taken. Returns its path and an unpublish function. */
  publish(wanted: string, page: LivePage): { readonly path: string; close(): void } {
    const stem = slug(wanted);
    let name = stem;
    for (let n = 2; this.#pages.has(name); n++) name = `${stem}-${n}`;
    this.#pages.set(name, page);
    return {
      path: `${BASE_PATH}/${name}`,
      close: () => {
        this.#pages.delete(name);
        page.broadcast.close();
      },
    };
  }

  /** Removes all pages and ends their viewers. */
  close(): void {
    for (const { broadcast } of this.#pages.values()) broadcast.close();
    this.#pages.clear();
  }
}

export const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60) || 'camera';
