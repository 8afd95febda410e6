import { RemasterError } from '../errors';

/** An ffmpeg encoder and its options. */
export interface CustomEncoder {
  readonly encoder: string;
  /** ffmpeg arguments: `-name:v`, value, … */
  readonly options: readonly string[];
}

/**
 * Allowed options. None of them takes a file, an address, a stream or a filter. Other encoder options do
 * (`-x264-params stats=…`), and the author of a flow may not be allowed to write everywhere.
 */
const OPTIONS = new Set(
  (
    'preset tune profile level tier crf cq cqp qp q qmin qmax qcomp quality global_quality usage speed deadline rc rc_mode ' +
    'b minrate maxrate bufsize g keyint_min sc_threshold bf b_strategy b_ref_mode refs me_range subq trellis coder context ' +
    'slices slicecrc compression_level rc-lookahead lookahead look_ahead look_ahead_depth spatial-aq spatial_aq temporal-aq ' +
    'temporal_aq aq-mode aq-strength multipass weighted_pred async_depth low_power extbrc cpu-used row-mt tile-columns ' +
    'tile-rows tiles lag-in-frames auto-alt-ref arnr-maxframes arnr-strength bits_per_mb quant_mat vendor qscale threads'
  ).split(' '),
);

/** Parses and validates a string such as `h264_nvenc -preset p7 -cq 18`. Throws BAD_SETTING. */
export function parseEncoder(text: string): CustomEncoder {
  const [encoder = '', ...words] = text.trim().split(/\s+/);
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(encoder)) {
    throw invalidEncoder(
      `“${encoder}” is not a valid encoder name.`,
      'Begin with a name that `ffmpeg -encoders` lists, for example libx264 -preset slow.',
    );
  }
  const options: string[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const [option, value] = [words[i]!, words[i + 1]];
    const name = /^-([a-z0-9_-]+?)(?::v(?::0)?)?$/i.exec(option)?.[1];
    if (name === undefined || !OPTIONS.has(name)) {
      throw invalidEncoder(
        `The encoder option “${option}” is not allowed.`,
        `Allowed options: ${[...OPTIONS].join(', ')}.`,
      );
    }
    if (value === undefined || !/^-?[A-Za-z0-9.][A-Za-z0-9._+-]{0,63}$/.test(value)) {
      throw invalidEncoder(
        `The encoder option “${option}” has no valid value.`,
        'Write each option with a number or a word, for example -crf 18.',
      );
    }
    options.push(`-${name}:v`, value);
  }
  return { encoder, options };
}

const invalidEncoder = (message: string, remedy: string): RemasterError =>
  new RemasterError('BAD_SETTING', message, { remedy });
