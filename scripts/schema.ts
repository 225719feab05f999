/**
 * Writes db/schema.sql from the database at DATABASE_URL or, without one, from a scratch server that it migrates;
 * there it also takes all migrations back and applies them again. With --check it compares instead of writing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { migrate, migrateDown } from '../src/kernel/migrate.ts';
import { diffLines } from './schema/diff.ts';
import { dumpSchema } from './schema/dump.ts';
import { startScratchPostgres } from './scratch-postgres.ts';

const FILE = new URL('../db/schema.sql', import.meta.url);

async function currentSchema(): Promise<string> {
  const url = process.env.DATABASE_URL;
  if (url) return dumpSchema(url);
  const server = await startScratchPostgres();
  try {
    return await migratedSchema(server.url);
  } finally {
    await server.stop();
  }
}

/** @throws Error when a migration's way down does not undo its way up. */
async function migratedSchema(url: string): Promise<string> {
  const applied = await migrate(url);
  const schema = await dumpSchema(url);
  await migrateDown(url, applied.length);
  await migrate(url);
  const difference = diffLines(schema, await dumpSchema(url));
  if (difference) throw new Error(`migrated down and up again, the schema is another one:\n${difference}`);
  return schema;
}

async function main(check: boolean): Promise<void> {
  const schema = await currentSchema();
  if (!check) return writeFile(FILE, schema);
  const difference = diffLines(await readFile(FILE, 'utf8').catch(() => ''), schema);
  if (difference) throw new Error(`db/schema.sql is not what the migrations make; run npm run schema (- the file, + the database).\n${difference}`);
  process.stdout.write('db/schema.sql agrees with the database.\n');
}

main(process.argv.includes('--check')).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
