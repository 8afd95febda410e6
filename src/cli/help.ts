import type { Row } from '../settings/row';
import { TOPICS } from '../settings/topics';
import { type Command, COMMANDS, GENERAL, optionsOf, type RowOption, usageOf } from './options';

const EXIT_CODES = `Exit codes:
  0 success, 1 internal error or crash, 2 wrong usage or setting, 3 source, 4 output or disk, 5 model or runtime,
  6 ffmpeg missing, 7 some files of a batch failed, 8 a result differs from its record, 9 record, 10 made by another version,
  11 queue or worker, 130 stopped by Ctrl-C, 141 the reader of the output has gone
`;

/** `remaster help`. */
export function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { parameters, text }]) =>
    line(`${name} ${parameters}`.trim(), text),
  );
  return `Usage: remaster COMMAND [options]

Commands:
${commands.join('')}
Examples:
  remaster restore tape.mov tape.x2.mp4 --model x2
  remaster restore tapes --out restored --name "{name}_x{scale}"
  remaster image photo.jpg photo.x4.png

\`remaster help restore\` and \`remaster help image\` list the options. \`remaster --version\` shows the version.

${EXIT_CODES}`;
}

/** `remaster help COMMAND`: its options by topic. */
export function commandHelp(command: Command): string {
  const { text, rows } = COMMANDS[command];
  const own = optionsOf(rows);
  const topics = TOPICS.filter((topic) => own.some(({ row: { option } }) => option!.topic === topic)).map((topic) => {
    const lines = own.filter(({ row: { option } }) => option!.topic === topic).map(optionLine);
    return `\n${topic}:\n${lines.join('')}`;
  });
  const general = Object.entries(GENERAL).map(([name, option]) =>
    line(`${'short' in option ? `-${option.short}, ` : ''}--${name}`, option.text),
  );
  return (
    `${usageOf(command)}\n${text[0]!.toUpperCase()}${text.slice(1)}.\n${topics.join('')}\n` +
    `General:\n${general.join('')}\n${EXIT_CODES}`
  );
}

function optionLine({ name, row }: RowOption): string {
  if (row.kind !== 'switch') return line(`--${name} ${valueName(row)}`, `${optionText(row)} (${defaultWords(row)})`);
  return row.default ? line(`--no-${name}`, row.option!.off!) : line(`--${name}`, row.text);
}

const valueName = ({ kind, option }: Row): string => option!.value ?? VALUE_NAMES[kind];

const VALUE_NAMES: Readonly<Record<Row['kind'], string>> = {
  ...{ whole: 'N', number: 'N', seconds: 'TIME', choice: 'MODE', colour: '#RRGGBB' },
  ...{ text: 'TEXT', path: 'FILE', bundle: 'NAME|FOLDER', switch: '', group: '' },
};

/** Its text, with the values of a choice. */
const optionText = (row: Row): string =>
  row.kind === 'choice' ? `${row.text}: ${listed(row.values.map(String))}` : row.text;

const listed = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;

/** `default: x4`, as the option takes it. */
function defaultWords(row: Row): string {
  const word = Object.entries(row.option?.words ?? {}).find(([, value]) => value === row.default)?.[0];
  const number = typeof row.default === 'number' ? row.default / (row.unitSize ?? 1) : row.default;
  return `default: ${(row.default ?? null) === null ? row.unset : (word ?? String(number))}`;
}

const line = (left: string, text: string): string => `  ${left.padEnd(25)} ${text}\n`;
