import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';

/** Stripe's part: it is asked for refunds, and tells us of payments. */
export interface FakeStripe {
  url: string;
  /** Tells the service of an event, signed with its secret. */
  tell(serviceUrl: string, type: string, object: Record<string, unknown>, options?: { secret?: string; id?: string }):
  Promise<{ status: number; body: unknown }>;
  /** The refunds it was asked for, each idempotency key once. */
  refunds(): Array<{ key: string; paymentIntent: string; amount: number }>;
  close(): Promise<void>;
}

export async function startFakeStripe(secret: string): Promise<FakeStripe> {
  const refunds = new Map<string, { key: string; paymentIntent: string; amount: number }>();
  const stripe = new Stripe('sk_test_demo');
  let told = 0;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const key = String(req.headers['idempotency-key']);
      const [paymentIntent, amount] = [form.get('payment_intent') ?? '', Number(form.get('amount'))];
      if (req.url === '/v1/refunds') refunds.set(key, { key, paymentIntent, amount });
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ id: `re_${refunds.size}`, object: 'refund', amount, status: 'succeeded' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async tell(serviceUrl, type, object, options = {}) {
      const created = Math.floor(Date.now() / 1000);
      const id = options.id ?? `evt_demo_${created}_${(told += 1)}`;
      const payload = JSON.stringify({ id, object: 'event', type, created, data: { object } });
      const signature = stripe.webhooks.generateTestHeaderString({ payload, secret: options.secret ?? secret });
      const res = await fetch(`${serviceUrl}/api/v1/webhooks/stripe`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'stripe-signature': signature },
        body: payload,
      });
      return { status: res.status, body: await res.json() };
    },
    refunds: () => [...refunds.values()],
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
