import type { DeliverRequest, DeliveryResult, PublishedEvent } from '../hub-simulator/index.ts';
import { until } from './poll.ts';
import { createRest, type RestAnswer } from './rest.ts';

/** The hub's side of the stage: delivers to the service, and hears what the service publishes. */
export interface Hub {
  deliver(request: DeliverRequest): Promise<DeliveryResult[]>;
  deliverOne(request: DeliverRequest): Promise<DeliveryResult>;
  ask(request: Record<string, unknown>): Promise<RestAnswer>;
  /** Everything published so far that fits, in order. */
  heard(fits: (event: PublishedEvent) => boolean): Promise<PublishedEvent[]>;
  /** Waits until so many that fit were published. */
  hears(what: string, fits: (event: PublishedEvent) => boolean, count?: number): Promise<PublishedEvent[]>;
}

export function createHub(url: string): Hub {
  const rest = createRest(url);
  const events: PublishedEvent[] = [];

  const listen = async () => {
    const since = events.at(-1)?.seq ?? 0;
    const fresh = await rest.need('GET', `/_sim/events?since=${since}`);
    events.push(...(fresh.events as PublishedEvent[]));
  };
  const heard = async (fits: (event: PublishedEvent) => boolean) => {
    await listen();
    return events.filter(fits);
  };
  const deliver = async (request: DeliverRequest) => {
    const { deliveries } = await rest.need('POST', '/_sim/deliver', request);
    return deliveries as DeliveryResult[];
  };

  return {
    deliver,
    heard,
    deliverOne: async (request) => {
      const [only] = await deliver(request);
      if (only === undefined) throw new Error('the simulator delivered nothing');
      return only;
    },
    ask: (request) => rest.call('POST', '/_sim/accounting', request),
    hears: (what, fits, count = 1) =>
      until(`the hub hears ${what}`, async () => {
        const found = await heard(fits);
        return found.length >= count && found;
      }),
  };
}

/** How the callback answered, in one line. */
export function answered({ status, body, headers, error }: DeliveryResult): string {
  const replay = headers['idempotent-replay'] ? '  Idempotent-Replay' : '';
  const { code, message } = wordOf({ body });
  return `${status || error}${code ? ` ${code}: ${message}` : ''}${replay}`;
}

export interface Word {
  success?: boolean;
  code?: string;
  message?: string;
}

/** What the callback said beside its status; nothing with a 204. */
export const wordOf = ({ body }: Pick<DeliveryResult, 'body'>): Word =>
  typeof body === 'object' && body !== null ? body : {};
