'use strict';
// Finds the texts in a file that are written for people: comments, messages, help texts, Markdown without code.
const { extname } = require('node:path');

/** The text with everything blanked out that is not written for people; line breaks stay. */
function proseOf(file, text) {
  switch (extname(file)) {
    case '.md':
      return blank(text, /^(```|~~~)[\s\S]*?^\1|`[^`\n]*`|\]\([^)\n]*\)|<[^>]*>/gm);
    case '.json':
      return blank(text, /"[^"]*":|"\S*"/g);
    case '.css':
      return proseOfCode(text, /\/\*[\s\S]*?\*\/|'[^'\n]*'|"[^"\n]*"/g);
    case '.html':
      return proseOfHtml(text);
    default:
      return proseOfScript(text);
  }
}

/** Scripts of an HTML file are code; the rest is prose with tags, and help texts are Markdown. */
function proseOfHtml(text) {
  const script = /<script(?![^>]*type="text\/(?:html|markdown)")[^>]*>([\s\S]*?)<\/script>/g;
  const withScripts = text.replace(script, (whole, code) => whole.replace(code, () => proseOfScript(code)));
  return blank(withScripts, /<[^>]*>|`[^`\n]*`/g);
}

/** Comments, and strings of more than one word: a single word is an identifier. */
function proseOfScript(text) {
  let prose = '';
  let at = 0;
  for (const [start, end] of textsOfScript(text)) {
    const piece = text.slice(start, end);
    const isComment = piece.startsWith('/');
    prose += blank(text.slice(at, start), /[^\n]/g);
    prose += isComment || /\S\s\S/.test(piece) ? blank(piece, /`[^`\n]*`(?!$)/g) : blank(piece, /[^\n]/g);
    at = end;
  }
  return prose + blank(text.slice(at), /[^\n]/g);
}

/** Start and end of every comment, string and piece of a template. */
function* textsOfScript(text) {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`|[{}]|\/(?![/*])|[\w$)\]]+|\S/g;
  /** Open braces; a template's `${` is true. */
  const braces = [];
  let before = '';
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [found] = match;
    const isTemplateEnd = found === '}' && braces.pop() === true;
    if (/^(\/\/|\/\*|'|")/.test(found)) yield [match.index, token.lastIndex];
    if (found === '{') braces.push(false);
    if (found === '`' || isTemplateEnd) {
      const rest = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*(?:`|\$\{)/y;
      rest.lastIndex = token.lastIndex;
      const [piece = ''] = rest.exec(text) ?? [];
      yield [token.lastIndex, token.lastIndex + piece.length];
      if (piece.endsWith('${')) braces.push(true);
      token.lastIndex += piece.length;
    }
    const isExpression = /[\w$)\]}]$/.test(before) && !/^(?:return|typeof|case|of|in|yield|await)$/.test(before);
    if (found === '/' && !isExpression) {
      const rest = /(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y;
      rest.lastIndex = token.lastIndex;
      if (rest.test(text)) token.lastIndex = rest.lastIndex;
    }
    if (!/^\/[/*]/.test(found)) before = found;
  }
}

function proseOfCode(text, pattern) {
  let at = 0;
  let prose = '';
  for (const match of text.matchAll(pattern)) {
    prose += blank(text.slice(at, match.index), /[^\n]/g) + match[0];
    at = match.index + match[0].length;
  }
  return prose + blank(text.slice(at), /[^\n]/g);
}

function blank(text, pattern) {
  return text.replace(pattern, (found) => found.replace(/[^\n]/g, ' '));
}

module.exports = { proseOf };
