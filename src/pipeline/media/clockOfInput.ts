/**
 * The options of an input that is read from a time in seconds. From its start, ffmpeg moves what follows a jump of the clock
 * to the end of what precedes it, as players do; after a seek times count from the start of the file.
 */
export const clockFrom = (from: number): readonly string[] =>
  from > 0 ? ['-copyts', '-start_at_zero', '-ss', from.toFixed(6)] : [];

/** An output that goes nowhere. ffmpeg looks for jumps of the clock only in streams that have an output. */
export const alongside = (input: number, streams: readonly number[]): readonly string[] =>
  streams.length === 0
    ? []
    : [...streams.flatMap((index) => ['-map', `${input}:${index}`]), '-c', 'copy', '-f', 'null', '-'];
