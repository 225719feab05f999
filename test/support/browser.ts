import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The first Chromium on the PATH or where Debian puts it; undefined where there is none. */
export function findChromium(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin'].filter(Boolean);
  return folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A browser as tenants have one. Call it in `before`: without a Chromium the tests are pending and it says why; CI
 * counts pending tests as failed (support/reporter.ts).
 */
export async function openBrowser(context: Mocha.Context): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.log('no Chromium found: the browser tests are left out; install it with `apt-get install chromium`');
    return context.skip();
  }
  // Root, as in a container, may not use Chromium's own sandbox.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args });
}

/** What a page complains of (its console, its policy, answers of 400 and more), and what it asks of other hosts. */
export function watchPage(page: Page, home: string): { complaints: string[]; elsewhere: string[] } {
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (asked) => !asked.url().startsWith(home) && !/^(data|blob):/.test(asked.url()) && elsewhere.push(asked.url()));
  return { complaints, elsewhere };
}
