#!/usr/bin/env node
import { closest, type ErrorCode, errorRecord, printableLines } from '../errors';
import { packageVersion } from '../files/packageVersion';
import { commandHelp, overview } from './help';
import type { Print } from './infoCommands';
import {
  type Command,
  COMMANDS,
  parseCommandLine,
  requireNoOptions,
  requireOptionsOf,
  usage,
  usageOf,
} from './options';
import { json } from './json';
import { watchOutput } from './watchOutput';

async function main(args: readonly string[], closed: AbortSignal): Promise<number> {
  const { values, positionals } = parseCommandLine(args);
  const [name, ...rest] = positionals;
  const print: Print = (value, text) => {
    process.stdout.write(values['json'] ? json(value) : `${printableLines(text)}\n`);
  };
  if (values['version']) {
    print({ version: packageVersion() }, packageVersion());
    return 0;
  }
  if (name === undefined) {
    process.stdout.write(overview());
    return values['help'] ? 0 : 2;
  }
  const command = commandNamed(name);
  if (values['help']) return help(command);
  requireOptionsOf(command, values);
  return command === 'help' ? help(rest[0] === undefined ? 'help' : commandNamed(rest[0])) : run(command);

  /* oxlint-disable typescript/no-require-imports -- the help does not wait for modules that only a command needs */
  function run(wanted: Exclude<Command, 'help'>): Promise<number> {
    switch (wanted) {
      case 'restore': {
        const { restoreCommand } = require('./restoreCommand') as typeof import('./restoreCommand');
        return restoreCommand(rest, values, closed);
      }
      case 'image': {
        const { imageCommand } = require('./imageCommand') as typeof import('./imageCommand');
        return imageCommand(rest, values, print, closed);
      }
      case 'try': {
        const { tryCommand } = require('./tryCommand') as typeof import('./tryCommand');
        return tryCommand(rest, values, print, closed);
      }
      case 'estimate': {
        const { estimateCommand } = require('./estimateCommand') as typeof import('./estimateCommand');
        return estimateCommand(rest, values, print, closed);
      }
      case 'verify': {
        const { verifyCommand } = require('./verifyCommand') as typeof import('./verifyCommand');
        return verifyCommand(rest, values, print, closed);
      }
      case 'probe': {
        if (rest.length !== 1) throw usage(usageOf('probe'));
        const { probeCommand } = require('./infoCommands') as typeof import('./infoCommands');
        return probeCommand(rest[0]!, print);
      }
      case 'models': {
        if (values['compare'] === undefined) {
          requireNoOptions('models', values, '--compare');
          const { modelsCommand } = require('./infoCommands') as typeof import('./infoCommands');
          return modelsCommand(print);
        }
        const { compareCommand } = require('./tryCommand') as typeof import('./tryCommand');
        return compareCommand(rest, values, print, closed);
      }
      case 'presets': {
        const { presetsCommand } = require('./presetsCommand') as typeof import('./presetsCommand');
        return presetsCommand(rest, print);
      }
      case 'worker': {
        const { workerCommand } = require('./workerCommand') as typeof import('./workerCommand');
        return workerCommand(rest, values, closed);
      }
      case 'queue': {
        const { queueCommand } = require('./queueCommand') as typeof import('./queueCommand');
        return queueCommand(rest, values, print, closed);
      }
      case 'doctor': {
        const { doctorCommand } = require('./infoCommands') as typeof import('./infoCommands');
        return doctorCommand(print);
      }
    }
  }
  /* oxlint-enable typescript/no-require-imports */
}

function help(command: Command): number {
  process.stdout.write(command === 'help' ? overview() : commandHelp(command));
  return 0;
}

function commandNamed(name: string): Command {
  if (Object.hasOwn(COMMANDS, name)) return name as Command;
  const near = closest(name, Object.keys(COMMANDS));
  throw usage(`Unknown command ${name}.`, near === null ? undefined : `Did you mean remaster ${near}?`);
}

/** Exit codes are documented in docs/cli.md. */
function exitCode(code: ErrorCode): number {
  if (/^(BAD_SETTING|NO_IMAGE|NO_PLAN|PLAN_|PATH_)/.test(code)) return 2;
  if (/^(SOURCE_|MASK_|AUTH_|IMAGE_)/.test(code)) return 3;
  if (/^(OUTPUT_|RESUME_|DISK_|FRAME_)/.test(code)) return 4;
  if (/^(MODEL_|RUNTIME_|GPU_)/.test(code)) return 5;
  if (/^RECORD_/.test(code)) return 9;
  if (/^(QUEUE_|WORKER_)/.test(code)) return 11;
  return code === 'FFMPEG_MISSING' ? 6 : 1;
}

function fail(error: unknown, asJson: boolean): number {
  const record = errorRecord(error);
  const { code, message, remedy, detail } = record;
  if (asJson) process.stdout.write(json({ error: record }));
  else {
    process.stderr.write(`${code}: ${message}\n${remedy ? `${remedy}\n` : ''}`);
    if (detail && /^(INTERNAL|ENGINE_CRASHED|ENCODE_FAILED|FFMPEG_MISSING)$/.test(code))
      process.stderr.write(`${printableLines(detail.trim())}\n`);
  }
  return exitCode(code);
}

if (require.main === module) {
  const args = process.argv.slice(2);
  const output = watchOutput();
  main(args, output.closed)
    .catch((error: unknown) => fail(error, args.includes('--json')))
    .then((code) => {
      process.exitCode = output.exitCode ?? code;
    })
    .catch(() => process.exit(1));
}
