import type { Chapter, Tags } from './mediaInfo';

/** What a file in ffmpeg's FFMETADATA1 format says. */
export interface Metadata {
  readonly tags: Tags;
  /** Of each stream, in order. */
  readonly streams: readonly Tags[];
  readonly chapters: readonly Chapter[];
}

/** Parses FFMETADATA1: `name=value` lines in sections; a backslash escapes `=`, `;`, `#`, itself and a line break. */
export function parseMetadata(text: string): Metadata {
  const sections: { name: string; tags: Record<string, string> }[] = [{ name: '', tags: {} }];
  for (const line of text.match(/(?:\\[^]|[^\\\n])+/g) ?? []) {
    const section = /^\[(STREAM|CHAPTER)\]$/.exec(line)?.[1];
    const pair = /^((?:\\[^]|[^\\=])*)=([^]*)$/.exec(line);
    if (section) sections.push({ name: section, tags: {} });
    else if (pair && !line.startsWith(';')) sections.at(-1)!.tags[plain(pair[1]!).toLowerCase()] = plain(pair[2]!);
  }
  const named = (name: string) => sections.filter((section) => section.name === name).map(({ tags }) => tags);
  return { tags: sections[0]!.tags, streams: named('STREAM'), chapters: named('CHAPTER').map(chapterOf) };
}

const plain = (text: string): string => text.replace(/\\([^])/g, '$1');

function chapterOf({ timebase, start, title }: Record<string, string>): Chapter {
  const [num = 1, den = 1] = (timebase ?? '').split('/').map(Number);
  return { start: (Number(start ?? 0) * num) / den, title: title ?? '' };
}
