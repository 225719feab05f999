import helmet from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/** The body was longer than the limit; the caller answers 413. */
export class BodyTooLarge extends Error {}

/** The whole body as it came. @throws BodyTooLarge */
export function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers['content-length'] ?? 0) > limit) return reject(new BodyTooLarge());
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) return reject(new BodyTooLarge());
      chunks.push(chunk);
    });
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)));
    req.on('error', reject);
    req.on('aborted', () => reject(new Error('the sender went away before the body was complete')));
  });
}

/**
 * Helmet's headers as a list, taken from helmet once: the callback answers thousands of requests a second and they
 * are the same on each.
 */
export function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const recorder = {
    setHeader: (name: string, value: string) => void (headers[name] = value),
    removeHeader: (name: string) => void delete headers[name],
  };
  helmet()({} as IncomingMessage, recorder as unknown as ServerResponse, (error) => {
    if (error) throw error as Error;
  });
  return headers;
}

/**
 * Cuts off whoever takes nothing of an answer for so long: it would keep its memory for as long as the connection
 * stands. How long an answer takes to begin is another matter.
 */
export const endStalled =
  (ms: number): RequestHandler =>
  (_req, res, next) => {
    res.setTimeout(ms, () => {
      if (res.headersSent) res.destroy();
    });
    next();
  };
