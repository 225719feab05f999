import type { AccountingAnswer, AccountingRequest } from './accounting.ts';
import { wasTaken } from './accounting.ts';
import type { DeliverRequest, DeliveryResult } from './deliver.ts';
import type { FaultControl } from './faults.ts';
import type { Route, SimReply, SimRequest } from './http.ts';
import { jsonObject, Refusal } from './http.ts';
import type { Journal } from './journal.ts';
import type { VerifyRequest, VerifyResult } from './verify.ts';

/** What the addresses under /_sim steer. The functions check what they are given. */
export interface Controls {
  journal: Journal;
  faults: FaultControl;
  deliver: (request: DeliverRequest) => Promise<DeliveryResult[]>;
  ask: (request: AccountingRequest) => Promise<AccountingAnswer>;
  verify: (request: VerifyRequest) => Promise<VerifyResult>;
}

/** The simulator's own addresses: see, deliver, ask, and make it misbehave. */
export function controlRoutes(controls: Controls): Route[] {
  return [...eventRoutes(controls.journal), ...faultRoutes(controls.faults), ...deliveryRoutes(controls)];
}

function eventRoutes(journal: Journal): Route[] {
  return [
    {
      method: 'GET',
      path: '/_sim/events',
      about: '?topic=&since=<seq>&limit= -> {events: [{seq, at, topic, payload}], total}',
      handle: ({ search }) => listEvents(new URLSearchParams(search), journal),
    },
    {
      method: 'DELETE',
      path: '/_sim/events',
      about: 'forgets what was published; sequence numbers go on',
      handle: () => {
        journal.clear();
        return { status: 204 };
      },
    },
  ];
}

function faultRoutes(faults: FaultControl): Route[] {
  const path = '/_sim/faults';
  const set = ({ body }: SimRequest): SimReply => ({ status: 200, body: faults.set(jsonObject(body)) });
  return [
    {
      method: 'GET',
      path,
      about: 'the faults now set',
      handle: () => ({ status: 200, body: faults.current() }),
    },
    { method: 'POST', path, about: 'replaces all faults; {} clears them', handle: set },
    {
      method: 'DELETE',
      path,
      about: 'clears all faults',
      handle: () => ({ status: 200, body: faults.set({}) }),
    },
  ];
}

function deliveryRoutes({ deliver, ask, verify }: Controls): Route[] {
  return [
    {
      method: 'POST',
      path: '/_sim/deliver',
      about:
        '{topic, payload, dialect?, times?, concurrency?, headers?, callbackUrl?, secret?, ' +
        'signatureMethod?, timeoutMs?} -> {deliveries: [{status, body, headers, ms}]}',
      handle: async ({ body }) => ({
        status: 200,
        body: { deliveries: await deliver(jsonObject(body) as DeliverRequest) },
      }),
    },
    {
      method: 'POST',
      path: '/_sim/accounting',
      about:
        '{ask: ventas.mes | iva.pedido | ordenesbytenant.pedido, fechaDesde, fechaHasta, tenant_id?, ' +
        'timeoutMs?} -> {delivery, answer}, or 504',
      handle: async ({ body }) => accountingReply(await ask(jsonObject(body) as AccountingRequest)),
    },
    {
      method: 'POST',
      path: '/_sim/verify',
      about: '{topic, challenge?, method?, callbackUrl?} -> {verified, challenge, status, body, headers}',
      handle: async ({ body }) => ({ status: 200, body: await verify(jsonObject(body) as VerifyRequest) }),
    },
  ];
}

function listEvents(query: URLSearchParams, journal: Journal): SimReply {
  const topic = query.get('topic') || undefined;
  const filter = { topic, since: natural(query, 'since'), limit: natural(query, 'limit') };
  return { status: 200, body: { events: journal.list(filter), total: journal.total(topic) } };
}

function natural(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(400, `${name} must be a whole number.`);
  return Number(text);
}

function accountingReply(result: AccountingAnswer): SimReply {
  if (result.answer) return { status: 200, body: result };
  if (!wasTaken(result.delivery)) {
    return { status: 502, body: { ...result, error: 'The callback did not take the request.' } };
  }
  return { status: 504, body: { ...result, error: 'No answer was published in time.' } };
}
