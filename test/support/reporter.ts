import { reporters, type Runner } from 'mocha';

/** Mocha's spec reporter, with a last line of plain counts. */
export = class PlainClosing extends reporters.Spec {
  constructor(runner: Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      process.stdout.write(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}\n`);
    });
  }
};
