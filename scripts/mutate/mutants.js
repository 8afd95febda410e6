'use strict';
// The mutants of a condition: each is the text that replaces it.

const ORDER = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const EQUALITY = { '===': '!==', '!==': '===' };

/** A regular expression begins where no operand precedes the slash. */
const TEXTS =
  /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|(?<=(?:^|[(,=!&|?:[{]) *)\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])+\/\w*/g;

/** `1, 100_000` is no condition but the bounds of one: it can only change by one. */
const BOUNDS = /^[-\d_., *]+$/;

/** The condition as true and as false, then by one: each comparison of order and each number; equality if it has neither. */
function mutantsOf(condition) {
  const constants = BOUNDS.test(condition) ? [] : ['true', 'false'];
  return [...constants, ...byOne(condition)];
}

function byOne(condition) {
  // Same length, so that places in it are places in the condition.
  const code = condition.replace(TEXTS, (text) => 'x'.repeat(text.length));
  const changes = (pattern, change) =>
    [...code.matchAll(pattern)].map(
      ({ 0: old, index }) => condition.slice(0, index) + change(old) + condition.slice(index + old.length),
    );
  const found = [
    ...changes(/(?<= )[<>]=?(?= )/g, (operator) => ORDER[operator]),
    ...changes(/(?<![\w$.])\d[\d_]*(?:\.\d+)?(?!\w)/g, (number) => String(Number(number.replaceAll('_', '')) + 1)),
  ];
  return found.length > 0 ? found : changes(/[!=]==/g, (operator) => EQUALITY[operator]);
}

module.exports = { mutantsOf };
