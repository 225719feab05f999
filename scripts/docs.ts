/**
 * Writes docs/openapi.json, docs/asyncapi.json and docs/events.md from what the service says of itself; it needs no database. With
 * --check it compares instead of writing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { describedService } from './docs/described.ts';
import { eventsPage } from './docs/events-page.ts';
import { diffLines } from './schema/diff.ts';

const FOLDER = new URL('../docs/', import.meta.url);

function pages(): Record<string, string> {
  const { document, asyncApi, catalogue } = describedService();
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  return { 'openapi.json': json(document()), 'asyncapi.json': json(asyncApi()), 'events.md': eventsPage(catalogue()) };
}

async function check(name: string, text: string): Promise<string | undefined> {
  const written = await readFile(new URL(name, FOLDER), 'utf8').catch(() => '');
  if (written === text) return undefined;
  const difference = diffLines(written, text);
  return `docs/${name} is not what the service says; run npm run docs (- the file, + the service).\n${difference}`;
}

async function main(checking: boolean): Promise<void> {
  for (const [name, text] of Object.entries(pages())) {
    if (!checking) await writeFile(new URL(name, FOLDER), text);
    else {
      const problem = await check(name, text);
      if (problem) throw new Error(problem);
      process.stdout.write(`docs/${name} agrees with the service.\n`);
    }
  }
}

main(process.argv.includes('--check')).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
