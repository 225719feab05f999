import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { CallbackAnswer, Deliverer } from './deliver.ts';
import { checked } from './http.ts';

const verifySchema = z.strictObject({
  topic: z.string().min(1),
  /** Drawn when not given. */
  challenge: z.string().min(1).optional(),
  method: z.enum(['GET', 'HEAD']).optional(),
  callbackUrl: z.url().optional(),
});

export type VerifyRequest = z.input<typeof verifySchema>;

export interface VerifyResult extends CallbackAnswer {
  /** A 2xx whose body is exactly the challenge (HEAD has no body to compare). */
  verified: boolean;
  challenge: string;
}

/** Verifies the callback the core hub's way: bare `topic` and `challenge`, no `hub.` before them. */
export async function verifySubscription(
  request: VerifyRequest,
  deliverer: Deliverer,
): Promise<VerifyResult> {
  const { topic, method = 'GET', callbackUrl, ...given } = checked(verifySchema, request);
  const challenge = given.challenge ?? randomBytes(18).toString('base64');
  const url = new URL(deliverer.target(callbackUrl));
  url.searchParams.append('topic', topic); // append: the callback's own query is kept
  url.searchParams.append('challenge', challenge);
  const answer = await deliverer.call(method, url.href);
  const succeeded = answer.status >= 200 && answer.status < 300;
  return { verified: succeeded && (method === 'HEAD' || answer.body === challenge), challenge, ...answer };
}
