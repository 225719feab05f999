/**
 * The contract kit: whether a message is what this service takes, or what it publishes. It needs neither a database
 * nor a broker, and asks nobody: `npm run contract -- <topic> <file.json>...`.
 */
import { buffer } from 'node:stream/consumers';
import { checkContract } from './contract/run.ts';

const terminal = {
  standardInput: () => buffer(process.stdin),
  print: (text: string) => void process.stdout.write(`${text}\n`),
};

checkContract(process.argv.slice(2), terminal).then(
  (right) => void (process.exitCode = right ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
