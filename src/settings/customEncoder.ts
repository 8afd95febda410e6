import { RemasterError } from '../errors';

/** An encoder of ffmpeg by its own name, and options for it. */
export interface CustomEncoder {
  readonly encoder: string;
  /** `-name value …`, for ffmpeg. */
  readonly options: readonly string[];
}

/**
 * Options that say how to encode, and nothing else: none of them names a file, an address, a stream or a filter. Encoders
 * have options that do (`-x264-params stats=…`), and a flow may be made by somebody who may not write everywhere.
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

/** `h264_nvenc -preset p7 -cq 18`, taken apart and checked. */
export function parseEncoder(text: string): CustomEncoder {
  const [encoder = '', ...words] = text.trim().split(/\s+/);
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(encoder)) {
    throw refusal(
      `“${encoder}” is no name of an encoder.`,
      'Begin with the name, as `ffmpeg -encoders` lists it: libx264 -preset slow.',
    );
  }
  const options: string[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const [option, value] = [words[i]!, words[i + 1]];
    const name = /^-([a-z0-9_-]+?)(?::v(?::0)?)?$/i.exec(option)?.[1];
    if (name === undefined || !OPTIONS.has(name)) {
      throw refusal(
        `The encoder option “${option}” is not one that is passed on.`,
        `Known are: ${[...OPTIONS].join(', ')}.`,
      );
    }
    if (value === undefined || !/^-?[A-Za-z0-9.][A-Za-z0-9._+-]{0,63}$/.test(value)) {
      throw refusal(
        `The encoder option “${option}” has no value that can be passed on.`,
        'Write each option with a number or a word: -crf 18.',
      );
    }
    options.push(`-${name}:v`, value);
  }
  return { encoder, options };
}

const refusal = (message: string, remedy: string): RemasterError =>
  new RemasterError('BAD_SETTING', message, { remedy });
