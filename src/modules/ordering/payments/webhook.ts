import { randomUUID } from 'node:crypto';
import express, { Router, type Request, type RequestHandler } from 'express';
import Stripe from 'stripe';
import { z } from 'zod';
import type { Verdict } from '../../../events/outcome.ts';
import { AppError, notFound } from '../../../kernel/errors.ts';
import type { Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { OrderingDeps } from '../ports.ts';
import { STRIPE_SUBSCRIBER } from './topics.ts';

const PATH = '/api/v1/webhooks/stripe';
const TOLERANCE_S = 300;

type WebhookDeps = Pick<OrderingDeps, 'config' | 'receive' | 'clock' | 'log'>;

/** All that is asked of an event before it is kept; its topic's schema asks for the rest. */
const anyEvent = z.object({ id: z.string().min(1).max(255), type: z.string().min(1).max(255) });

/** The answer as the document has it; with a 500 the gateway sends it again. */
type Answer = [status: 200 | 400 | 500, body: { status: string } | { error: string }];
const SUCCESS: Answer = [200, { status: 'success' }];
const INVALID_PAYLOAD: Answer = [400, { error: 'Invalid payload' }];
const INVALID_SIGNATURE: Answer = [400, { error: 'Invalid signature' }];
const FAILED: Answer = [500, { error: 'The event could not be processed; it will be tried again' }];

/** Where Stripe reports. The signature is over the bytes as they came, so this address reads its body by itself. */
export function stripeWebhook(deps: WebhookDeps): RequestHandler {
  const { config } = deps;
  // Case and trailing slash count, as in the REST interface.
  const router = Router({ caseSensitive: true, strict: true });
  const configured: RequestHandler = (_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    if (config.STRIPE_WEBHOOK_SECRET.length === 0) throw notFound('La dirección no existe.');
    next();
  };
  const raw = express.raw({ type: () => true, limit: config.MAX_BODY_BYTES, inflate: false });
  const unsigned = warnOnceAMinute(deps);
  router.post(PATH, configured, raw, async (req, res) => {
    const answer = await take(deps, req);
    if (answer === INVALID_SIGNATURE) unsigned();
    res.status(answer[0]).json(answer[1]);
  });
  router.all(PATH, onlyPost);
  return router;
}

/** A wrong secret must be seen, for then no payment is; anybody can send us rubbish, which must not flood the log. */
function warnOnceAMinute({ clock, log }: WebhookDeps): () => void {
  let quietUntil = 0;
  return () => {
    const now = clock().getTime();
    if (now < quietUntil) return;
    quietUntil = now + 60_000;
    log.warn('[STRIPE] a body whose signature is wrong, missing or old; is STRIPE_WEBHOOK_SECRET that of this endpoint?');
  };
}

/** Nothing is kept of a body that nobody signed. */
async function take({ config, receive, clock, log }: WebhookDeps, req: Request): Promise<Answer> {
  const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  const signed = verify(body, req.get('stripe-signature'), config.STRIPE_WEBHOOK_SECRET, clock());
  if (signed === undefined) return INVALID_SIGNATURE;
  const { event } = signed;
  const known = anyEvent.safeParse(event);
  if (!known.success) {
    log.warn('[STRIPE] a signed body that is no event of Stripe');
    return INVALID_PAYLOAD;
  }
  const { id, type } = known.data;
  log.info(`[STRIPE EVENT RECEIVED] ${type} ${id}`);
  const verdict = await receive({
    source: 'stripe',
    subscriber: STRIPE_SUBSCRIBER,
    organization: '',
    receivedTopic: type,
    raw: body.toString('utf8'),
    payload: event,
    deliveryId: id,
    traceId: randomUUID(),
  });
  return toldOf(verdict);
}

/** Refused, parked, unknown, invalid: kept, and sending it again would change nothing. */
const toldOf = ({ state }: Verdict): Answer => (state === 'failed' ? FAILED : SUCCESS);

/** Undefined for a body that nobody signed in time. Several secrets are good while they rotate. */
function verify(body: Buffer, header = '', secrets: readonly string[], now: Date): { event: unknown } | undefined {
  for (const secret of secrets) {
    try {
      return { event: Stripe.webhooks.constructEvent(body, header, secret, TOLERANCE_S, undefined, now.getTime()) };
    } catch (error) {
      // The signature is looked at first: whatever else is wrong (no JSON) is wrong with a body that was signed.
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) return { event: undefined };
    }
  }
  return undefined;
}

const onlyPost: RequestHandler = (req, res) => {
  res.set({ Allow: 'POST', 'Cache-Control': 'no-store' });
  if (req.method !== 'OPTIONS') throw new AppError(405, 'method_not_allowed', 'Acá se puede usar POST.');
  res.status(204).end();
};

const failure = z.object({ error: z.string() });

/** For the document; `stripeWebhook` serves it. */
export const webhookEndpoint: Endpoint = {
  method: 'post',
  path: PATH,
  tag: 'Pagos',
  summary: 'Aviso de Stripe',
  description:
    'Lo llama Stripe, con su firma en `Stripe-Signature`. Se contesta cuando el evento quedó guardado con lo que fue ' +
    'de él; repetirlo no hace daño. Sin `STRIPE_WEBHOOK_SECRET` esta dirección no existe.',
  body: z.unknown().meta({ description: 'Un evento de Stripe, tal cual lo firmó.' }),
  example: { id: 'evt_1', type: 'payment_intent.succeeded', created: 1763910060, data: { object: { id: 'pi_1' } } },
  answers: { 200: z.object({ status: z.literal('success') }), 400: failure, 500: failure },
  problems: [400, 404, 413, 415, 500],
};
