/** What the demo prints and what it counts. */
export interface Show {
  line(text: string): void;
  /** Runs one numbered step; what it throws is a check that failed, and the day goes on. */
  step<T>(title: string, run: () => Promise<T>): Promise<T | undefined>;
  in(text: string): void;
  out(text: string): void;
  db(text: string): void;
  /** Says so, and nothing more: what fails from here on fails because of us. */
  interrupted(): void;
  check(claim: string, holds: boolean, found?: unknown): void;
  readonly passed: number;
  readonly failed: number;
}

type Paint = (text: string) => string;

const painter =
  (colours: boolean) =>
  (code: number): Paint =>
    colours ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text;

export function createShow(write: (text: string) => void, colours: boolean): Show {
  const paint = painter(colours);
  const [bold, dim, red, green, yellow, blue] = [1, 2, 31, 32, 33, 36].map(paint) as [
    Paint,
    Paint,
    Paint,
    Paint,
    Paint,
    Paint,
  ];
  let [passed, failed, steps] = [0, 0, 0];
  let hushed = false;
  const line = (text: string) => void (hushed || write(`${text}\n`));
  const marked = (mark: string, text: string) => line(`    ${mark}  ${text}`);

  const check = (claim: string, holds: boolean, found?: unknown) => {
    if (holds) passed += 1;
    else failed += 1;
    const but =
      holds || found === undefined ? '' : ` — found ${typeof found === 'string' ? found : JSON.stringify(found)}`;
    marked(holds ? green('✓') : red('✗'), holds ? claim : red(claim + but));
  };

  return {
    line,
    async step(title, run) {
      steps += 1;
      line(`\n${bold(`${String(steps).padStart(2)}  ${title}`)}`);
      try {
        return await run();
      } catch (error) {
        check('this step comes to its end', false, error instanceof Error ? error.message : String(error));
        return undefined;
      }
    },
    in: (text) => marked(blue('→ in '), text),
    out: (text) => marked(yellow('← out'), text),
    db: (text) => marked(dim('= db '), dim(text)),
    check,
    interrupted() {
      line('\ninterrupted: tidying up');
      hushed = true;
    },
    get passed() {
      return passed;
    },
    get failed() {
      return failed;
    },
  };
}

/** An amount of pesos with its two decimals. */
export const pesos = (amount: number): string => amount.toFixed(2);
