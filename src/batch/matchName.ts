/**
 * Whether a name matches a pattern without slashes. It goes back to the last `*` only, so that no pattern takes longer than
 * the product of both lengths.
 */
export function isMatch(name: string, pattern: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  const letters = Array.from(foldCase(name));
  const tokens = tokensOf(foldCase(pattern));
  let [at, token] = [0, 0];
  /** The last `*`, and where the text that it stands for ends. */
  let star: { readonly token: number; end: number } | null = null;
  while (at < letters.length) {
    const next = tokens[token];
    if (next === '*') star = { token: token++, end: at };
    else if (next?.(letters[at]!)) [at, token] = [at + 1, token + 1];
    else if (star) [at, token] = [++star.end, star.token + 1];
    else return false;
  }
  return tokens.slice(token).every((left) => left === '*');
}

/** Names of Windows and macOS differ by more than capital letters. */
const foldCase = (text: string): string =>
  process.platform === 'win32' || process.platform === 'darwin' ? text.toLowerCase() : text;

type Token = '*' | ((letter: string) => boolean);

function tokensOf(pattern: string): Token[] {
  const parts = pattern.matchAll(/\*+|\?|\[([!^]?)(\]?[^\]]*)\]|./gsu);
  return [...parts].map(([text, not, letters]): Token => {
    if (text.startsWith('*')) return '*';
    if (text === '?') return () => true;
    if (letters === undefined) return (letter) => letter === text;
    return (letter) => isInClass(letter, letters) === (not === '');
  });
}

/** `a-z0`. */
function isInClass(letter: string, letters: string): boolean {
  const ranges = letters.matchAll(/(.)-(.)|(.)/gsu);
  return [...ranges].some(([, from, to, one]) =>
    one === undefined ? from! <= letter && letter <= to! : one === letter,
  );
}
