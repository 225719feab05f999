import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readConfig } from '../../src/config.ts';
import { sidesOf, type Catalogue, type CatalogueEntry, type Side } from '../../src/events/catalogue.ts';
import { checkMessage } from './check.ts';
import { nearNames } from './names.ts';
import { listed, told } from './words.ts';
import { describedService } from '../docs/described.ts';

const HELP = `Whether a message is what marketplace-service takes, or what it publishes.

  npm run contract -- <topic> <file.json> [more files]   '-' reads standard input
  npm run contract -- --list                             every topic

  --in, --out   only what the service takes in, only what it publishes (else both, where a topic is both)

A file holds the message as it travels: the body over RabbitMQ; the hub's wrapper ({topic, payload}, {topic, data},
{event, data}) or the payload alone. The exit code is 0 when every message is right, 1 when one is not.
`;

/** What the command was asked cannot be done; its message says what can. */
export class Misuse extends Error {}

/** What of the catalogue goes by this name, also as an alias. @throws Misuse naming what may have been meant. */
function sidesNamed(catalogue: Catalogue, name: string, wanted: readonly Side[]): Array<{ entry: CatalogueEntry; side: Side }> {
  const entries = catalogue.filter(({ topic }) => [topic.name, ...topic.aliases].includes(name));
  if (entries.length === 0) {
    const near = nearNames(name, catalogue.flatMap(({ topic }) => [topic.name, ...topic.aliases]));
    const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
    throw new Misuse(`There is no topic ${JSON.stringify(name)}.${hint} All of them: npm run contract -- --list`);
  }
  const sides = entries.flatMap((entry) => sidesOf(entry.topic).map((side) => ({ entry, side })));
  const chosen = sides.filter(({ side }) => wanted.includes(side));
  if (chosen.length > 0) return chosen;
  throw new Misuse(`${name} is ${wanted[0] === 'in' ? 'published by the service, which does not take it: use --out' : 'taken by the service, which does not publish it: use --in'}`);
}

const contentsOf = (file: string, { standardInput }: Terminal): Promise<Buffer> =>
  file === '-'
    ? standardInput()
    : readFile(file).catch((error: NodeJS.ErrnoException) => {
        throw new Misuse(error.code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read: ${error.message}`);
      });

/** Where the command reads and writes. */
export interface Terminal {
  standardInput: () => Promise<Buffer>;
  print: (text: string) => void;
}

/** @returns whether all is right. @throws Misuse */
export async function checkContract(args: readonly string[], terminal: Terminal): Promise<boolean> {
  const flag = { type: 'boolean', default: false } as const;
  const options = { list: flag, in: flag, out: flag, help: { ...flag, short: 'h' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { print } = terminal;
  if (values.help) return print(HELP), true;
  const catalogue = describedService().catalogue();
  if (values.list) return print(listed(catalogue)), true;
  const [name, ...files] = positionals;
  if (name === undefined || files.length === 0) throw new Misuse(HELP);
  const both: Side[] = ['in', 'out'];
  const sides = sidesNamed(catalogue, name, values.in === values.out ? both : both.filter((side) => values[side]));
  const maxBytes = readConfig({}).MAX_BODY_BYTES;
  let wrong = 0;
  for (const file of files) {
    const bytes = await contentsOf(file, terminal);
    for (const { entry, side } of sides) {
      const finding = checkMessage(entry, side, bytes, maxBytes);
      if (finding.problems.length > 0) wrong += 1;
      print(told(finding, file === '-' ? 'standard input' : file));
    }
  }
  const checks = files.length * sides.length;
  print(wrong === 0 ? `${checks} checked, all right` : `${checks} checked, ${wrong} wrong`);
  return wrong === 0;
}

