import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request: an answer in place of the right one, none at all, or the right one that is lost. */
export type Fault = { status: number; code?: string; retryAfter?: number } | 'hang' | 'lose the answer';

export interface StripeRequest {
  path: string;
  key: string;
  form: Record<string, string>;
}

/** Stripe's API as far as it is asked: intents and refunds, each idempotency key once. */
export interface StripeStub {
  url: string;
  /** Every request as it came, those that failed as well. */
  requests(path: '/v1/payment_intents' | '/v1/refunds', about?: string): StripeRequest[];
  /** What was made of them. */
  made(path: '/v1/payment_intents' | '/v1/refunds', about?: string): StripeRequest[];
  /** What happens to the next requests, one each. */
  fail(...faults: Fault[]): void;
  close(): Promise<void>;
}

export async function startStripeStub(): Promise<StripeStub> {
  const requests: StripeRequest[] = [];
  const made = new Map<string, { request: StripeRequest; answer: object }>();
  let faults: Fault[] = [];

  const send = (res: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) =>
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

  const make = (request: StripeRequest): object => {
    const n = made.size + 1;
    const { amount = '', currency = '' } = request.form;
    if (request.path === '/v1/refunds')
      return { id: `re_${n}`, object: 'refund', status: 'succeeded', amount: Number(amount) };
    return {
      id: `pi_made_${n}`,
      object: 'payment_intent',
      client_secret: `pi_made_${n}_secret_x`,
      amount: Number(amount),
      currency,
    };
  };

  const answer = (res: ServerResponse, request: StripeRequest) => {
    requests.push(request);
    const fault = faults.shift();
    if (fault === 'hang') return;
    if (typeof fault === 'object') {
      const type = fault.status < 500 ? 'invalid_request_error' : 'api_error';
      const headers: Record<string, string> =
        fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
      return void send(
        res,
        fault.status,
        { error: { type, code: fault.code, message: 'as the test asked for' } },
        headers,
      );
    }
    const before = made.get(request.key);
    if (before !== undefined && JSON.stringify(before.request) !== JSON.stringify(request)) {
      return void send(res, 400, { error: { type: 'idempotency_error', message: 'other parameters under this key' } });
    }
    const told = before?.answer ?? make(request);
    made.set(request.key, { request, answer: told });
    if (fault === 'lose the answer') res.destroy();
    else send(res, 200, told);
  };

  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
      answer(res, { path: req.url ?? '', key: String(req.headers['idempotency-key']), form });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const of = (all: readonly StripeRequest[], path: string, about?: string) =>
    all.filter((one) => one.path === path && (about === undefined || Object.values(one.form).includes(about)));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: (path, about) => of(requests, path, about),
    made: (path, about) =>
      of(
        [...made.values()].map(({ request }) => request),
        path,
        about,
      ),
    fail: (...next) => void (faults = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
