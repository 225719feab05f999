import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/**
 * Mocha's own report, then the totals in one line, which also go to the file TEST_TOTALS where CI reads them.
 * In CI a skipped test counts as failed: nobody looks there for what did not run.
 */
export default class TotalsReporter extends Mocha.reporters.Spec {
  readonly #skipped: Mocha.Test[] = [];

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.on('pending', (test) => this.#skipped.push(test));
  }

  override done(failures: number, end: (failures: number) => void): void {
    const forbidden = process.env.CI ? this.#skipped.length : 0;
    const skipped = this.#skipped.length - forbidden;
    for (const test of this.#skipped) console.log(`skipped${forbidden ? ', which CI forbids' : ''}: ${test.fullTitle()}`);
    const totals = `${this.stats.passes} passed, ${failures + forbidden} failed${skipped ? `, ${skipped} skipped` : ''}`;
    console.log(totals);
    if (process.env.TEST_TOTALS) writeFileSync(process.env.TEST_TOTALS, `${totals}\n`);
    end(failures + forbidden);
  }
}
