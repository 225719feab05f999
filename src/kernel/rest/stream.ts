import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** Sends a body piece by piece; one that fails half-way is cut off, so that nobody takes it for the whole. */
export async function sendStream(res: Response, stream: AsyncIterable<string>): Promise<void> {
  const body = Readable.from(await begun(stream));
  await pipeline(body, res).catch(unlessTheyLeft);
}

/** Whoever does not wait for the end of an answer is no failure of ours. */
function unlessTheyLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}

/** The stream once its first piece is there: what fails before that is still answered as an error. */
async function begun(stream: AsyncIterable<string>): Promise<AsyncIterable<string>> {
  const iterator = stream[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<string>> | undefined = Promise.resolve(await iterator.next());
  const next = () => {
    const result = first ?? iterator.next();
    first = undefined;
    return result;
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: () => iterator.return?.() ?? Promise.resolve(DONE) }) };
}

const DONE = { done: true, value: undefined } as const;
