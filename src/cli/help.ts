import { type Command, COMMANDS, options, usageOf } from './options';

const EXIT_CODES = `Exit codes:
  0 success, 1 internal error or crash, 2 wrong usage or setting, 3 source, 4 output or disk, 5 model or runtime,
  6 ffmpeg missing, 130 stopped by Ctrl-C
`;

/** `remaster help`. */
export function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { parameters, text }]) =>
    row(`${name} ${parameters}`.trim(), text),
  );
  return `Usage: remaster COMMAND [options]

Commands:
${commands.join('')}
Examples:
  remaster restore tape.mov tape.x2.mp4 --model x2
  remaster image photo.jpg photo.x4.png

\`remaster help restore\` and \`remaster help image\` list the options. \`remaster --version\` shows the version.

${EXIT_CODES}`;
}

/** `remaster help COMMAND`: its options by topic. */
export function commandHelp(command: Command): string {
  const own = options.filter(([, { of }]) => of.includes(command));
  const topics = [...new Set(own.map(([, { topic }]) => topic))].map((topic) => {
    const rows = own
      .filter(([, option]) => option.topic === topic)
      .map(([name, { value, short, text, imageText }]) =>
        row(
          `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`,
          (command === 'image' && imageText) || text,
        ),
      );
    return `\n${topic}:\n${rows.join('')}`;
  });
  const { text } = COMMANDS[command];
  return `${usageOf(command)}\n${text[0]!.toUpperCase()}${text.slice(1)}.\n${topics.join('')}\n${EXIT_CODES}`;
}

const row = (left: string, text: string): string => `  ${left.padEnd(25)} ${text}\n`;
