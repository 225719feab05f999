import { parseArgs } from 'node:util';
import { openDatabase, sqlState, type Database } from '../../src/kernel/database.ts';
import { causeOf } from '../../src/kernel/errors.ts';
import { explain, retry, showDead, showEvents, showParked, showSagas, type Flags, type Result } from './commands.ts';
import { databaseUrlFor, OperatorError } from './connect.ts';

const HELP = `npm run admin -- <command>

  events [--topic t] [--outcome o] [--limit n]   what came in last, and what became of it
  parked [--all]                                 events that wait for something, or waited in vain
  sagas [--all]                                  what is under way over several services, or failed, and why
  dead-letters [--all]                           messages that can never be delivered as they are
  dead-letters retry <messageId>                 gives one another chance
  broker                                         what waits in our queues at RABBITMQ_URL, and their dead letters
  broker retry <queue>                           sends the dead letters of a queue back into it
  explain <pedidoId>                             the story of one pedido, or of an online shop's order by id or number
  help                                           this text

  --json     for machines        --limit n  how many rows (20)

It looks into DATABASE_URL or, without it, into the embedded database of DATA_DIR (.data) while the service runs.
`;

const OUTCOMES = [
  'done',
  'warned',
  'refused',
  'parked',
  'conflict',
  'repeat',
  'invalid',
  'unknown',
  'failed',
  'abandoned',
];

/** On demand: it brings the whole service along, to ask it for its queues. */
const brokerCommands = () => import('./broker.ts');

/** Either looks into the database or at the broker. */
type Command = { inDatabase: (database: Database) => Promise<Result> } | { atBroker: (url: string) => Promise<Result> };

/** @returns undefined when help is asked for. @throws OperatorError when the words make no command. */
function readCommand(words: readonly string[], flags: Flags): Command | undefined {
  const [name, first, second] = words;
  const takes = (count: number) => {
    if (words.length > count)
      throw new OperatorError(`${name} does not take "${words[count]}"; see npm run admin -- help`);
  };
  switch (name) {
    case undefined:
    case 'help':
      return undefined;
    case 'events':
      takes(1);
      return { inDatabase: (database) => showEvents(database, flags) };
    case 'parked':
      takes(1);
      return { inDatabase: (database) => showParked(database, flags) };
    case 'sagas':
      takes(1);
      return { inDatabase: (database) => showSagas(database, flags) };
    case 'explain':
      takes(2);
      if (!first) throw new OperatorError('explain what? npm run admin -- explain <pedidoId>');
      return { inDatabase: (database) => explain(database, first) };
    case 'dead-letters':
      takes(first === 'retry' ? 3 : 1);
      if (first !== 'retry') return { inDatabase: (database) => showDead(database, flags) };
      if (!/^\d{1,15}$/.test(second ?? ''))
        throw new OperatorError('retry which? npm run admin -- dead-letters retry <messageId>');
      return { inDatabase: (database) => retry(database, Number(second)) };
    case 'broker':
      takes(first === 'retry' ? 3 : 1);
      if (first !== 'retry') return { atBroker: async (url) => (await brokerCommands()).showQueues(url) };
      if (!second) throw new OperatorError('retry which? npm run admin -- broker retry <queue>');
      return { atBroker: async (url) => (await brokerCommands()).resend(url, second) };
    default:
      throw new OperatorError(`there is no command "${name}"; see npm run admin -- help`);
  }
}

function readArguments(args: string[]): { words: string[]; json: boolean; flags: Flags } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      topic: { type: 'string' },
      outcome: { type: 'string' },
      limit: { type: 'string', default: '20' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { topic, outcome, all, json, help } = values;
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw new OperatorError('--limit is a whole number from 1 to 10000');
  if (outcome !== undefined && !OUTCOMES.includes(outcome))
    throw new OperatorError(`--outcome is one of: ${OUTCOMES.join(', ')}`);
  return { words: help ? [] : positionals, json, flags: { topic, outcome, limit, all } };
}

async function main(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { words, json, flags } = readArguments(args);
  const command = readCommand(words, flags);
  if (command === undefined) return void process.stdout.write(HELP);
  const { text, data, found } = await run(command, env);
  process.stdout.write(`${json ? JSON.stringify(data, null, 2) : text}\n`);
  if (!found) process.exitCode = 1;
}

async function run(command: Command, env: NodeJS.ProcessEnv): Promise<Result> {
  if ('atBroker' in command) {
    if (!env.RABBITMQ_URL) throw new OperatorError('RABBITMQ_URL is not set: there is no broker to look at');
    return command.atBroker(env.RABBITMQ_URL);
  }
  const url = await databaseUrlFor(env.DATABASE_URL, env.DATA_DIR || '.data');
  const database = openDatabase(url, { max: 1, onError: () => undefined });
  try {
    return await command.inDatabase(database);
  } finally {
    await database.close();
  }
}

function explainFailure(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (error instanceof OperatorError) return error.message;
  if (code?.startsWith('ERR_PARSE_ARGS')) return `${causeOf(error)}\nSee npm run admin -- help`;
  if (sqlState(error) === '42P01' || sqlState(error) === '42704')
    return 'the database has no schema of ours yet: npm run migrate, or start the service once.';
  if (code === 'ECONNREFUSED') return `the database does not answer (${causeOf(error)}); check DATABASE_URL.`;
  return causeOf(error);
}

main(process.argv.slice(2), process.env).catch((error: unknown) => {
  process.stderr.write(`admin: ${explainFailure(error)}\n`);
  process.exitCode = 1;
});
