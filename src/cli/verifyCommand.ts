import { printable } from '../errors';
import { verify } from '../calls';
import { createEngine } from '../engine/client/engine';
import type { Finding, VerifyCode, VerifyCost } from '../settings/verifyJob';
import { VERIFY_ROWS } from '../settings/verifyJob';
import type { Print } from './infoCommands';
import { onInterrupt } from './interrupt';
import { settingsOf } from './jobs';
import { type OptionValues, usage, usageOf } from './options';
import { counted, duration } from './progressBar';

export async function verifyCommand(
  paths: readonly string[],
  values: OptionValues,
  print: Print,
  closed: AbortSignal,
): Promise<number> {
  const [file, more] = paths;
  if (file === undefined || more !== undefined) throw usage(usageOf('verify'));
  const engine = createEngine();
  const signal = onInterrupt(engine, closed);
  const onCost = (cost: VerifyCost): void => void process.stderr.write(`${costText(cost)}\n`);
  try {
    const report = await verify({ ...settingsOf(VERIFY_ROWS, values), file }, { engine, signal, onCost });
    const end = report.isVerified ? 'The result is as recorded.' : 'The result is NOT as recorded.';
    print(report, [...report.findings.map(lineOf), end].join('\n'));
    return exitCode(report.findings);
  } catch (error) {
    if (!signal.aborted) throw error;
    if (!closed.aborted) process.stderr.write('Stopped. Nothing was changed.\n');
    return 130;
  } finally {
    await engine.close();
  }
}

function costText({ bytes, decoded, remade, before, seconds }: VerifyCost): string {
  const also = before > 0 ? ` (and ${before} before them)` : '';
  const made = remade > 0 ? `, restores ${remade} again${also}` : '';
  return `verify: reads ${(bytes / 1e6).toFixed(1)} MB, decodes ${counted(decoded, 'frame')}${made}; about ${duration(seconds)}`;
}

const WORDS = { same: 'same   ', differs: 'DIFFERS', note: 'note   ' } as const;

const lineOf = ({ verdict, code, message }: Finding): string =>
  `${WORDS[verdict]}  ${code === null ? '' : `${code}: `}${printable(message)}`;

/** Documented in docs/cli.md. The first of them that differs decides. */
const EXIT_CODES: readonly (readonly [number, readonly VerifyCode[]])[] = [
  [9, ['BAG_INVALID', 'RECORD_CHANGED']],
  [8, ['FILE_CHANGED', 'FRAMES_CHANGED', 'FRAMES_DIFFER']],
  [3, ['SOURCE_NOT_FOUND', 'SOURCE_CHANGED', 'MASK_NOT_FOUND', 'MASK_CHANGED']],
  [5, ['MODEL_NOT_FOUND', 'MODEL_CHANGED']],
  [10, ['VERSION_CHANGED']],
];

function exitCode(findings: readonly Finding[]): number {
  const codes = findings.filter(({ verdict }) => verdict === 'differs').map(({ code }) => code);
  return EXIT_CODES.find(([, some]) => codes.some((code) => code !== null && some.includes(code)))?.[0] ?? 0;
}
