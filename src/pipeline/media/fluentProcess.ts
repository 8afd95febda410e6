import fluent from 'fluent-ffmpeg';

/** One run of ffmpeg without pipes. */
export interface FluentJob {
  readonly ffmpeg: string;
  readonly input: string;
  readonly inputOptions: readonly string[];
  /** Seconds. */
  readonly seek: number;
  readonly output: string;
  readonly outputOptions: readonly string[];
}

/** Null: done. */
export type FluentReply = { readonly error: string | null };

// A process of its own: fluent-ffmpeg throws where nothing can catch it when the program vanishes. It ends with its parent.
process.once('message', (job: FluentJob) => {
  const command = fluent()
    .setFfmpegPath(job.ffmpeg)
    .input(job.input)
    .inputOptions([...job.inputOptions])
    .seekInput(job.seek)
    .outputOptions([...job.outputOptions])
    .output(job.output);
  const reply = (error: string | null): void => void process.send?.({ error } satisfies FluentReply);
  command.once('end', () => reply(null));
  command.once('error', (cause: Error) => reply(cause.message));
  process.once('disconnect', () => {
    command.kill('SIGKILL');
    process.exit();
  });
  command.run();
});
