import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { BrokerState } from './broker.ts';
import { backlogGauges, type Backlog, type WayOut } from './events/backlog.ts';
import type { Destination } from './events/topic.ts';
import { atMostEvery } from './kernel/at-most-every.ts';
import type { Database } from './kernel/database.ts';
import { causeOf } from './kernel/errors.ts';
import { schemaProblem } from './kernel/migrate.ts';
import { endpoint, ok, type Endpoint } from './kernel/rest/endpoint.ts';

export interface WatchDeps {
  registry: Registry;
  database: Database;
  backlog: () => Promise<Backlog>;
  /** Undefined where nothing goes over it. */
  broker: () => BrokerState | undefined;
  /** The process was told to end and takes nothing new. */
  draining: () => boolean;
}

/** What those who run the service look at; every process serves it, whatever its roles. */
export function watchEndpoints(deps: WatchDeps): Endpoint[] {
  return [health, readiness(deps), metrics(deps)];
}

const tag = 'Operación';

const health = endpoint({
  method: 'get',
  path: '/healthz',
  tag,
  summary: 'El proceso vive',
  description: 'No mira nada más: reiniciarlo no arregla una base de datos caída.',
  answers: { 200: z.object({ status: z.literal('ok') }) },
  handle: async () => ok({ status: 'ok' as const }),
});

const wayOut = { relays: z.int(), outage: z.string().optional() };

const readinessAnswer = z
  .object({
    status: z.enum(['ready', 'not ready']),
    causes: z.array(z.string()).meta({ description: 'Por qué no puede trabajar, y cómo se arregla.' }),
    warnings: z.array(z.string()).meta({ description: 'Lo que alguien tiene que mirar aunque el proceso trabaje.' }),
    database: z.string().meta({ description: '`up`, o la causa.' }),
    schema: z.string().meta({ description: '`current`, o en qué difiere de este release.' }),
    hub: z.object(wayOut).optional(),
    broker: z
      .object({
        transport: z.enum(['rabbitmq', 'local']),
        connected: z.boolean().optional().meta({ description: 'Las conexiones de este proceso.' }),
        problems: z.array(z.string()).meta({ description: 'Lo que alguien tiene que arreglar en el broker.' }),
        ...wayOut,
        relays: z.int().optional(),
      })
      .optional(),
    backlog: z
      .object({
        pending: z.int(),
        oldestPendingSeconds: z.number(),
        deadLetters: z.int(),
        parked: z.int(),
        failed: z.int(),
      })
      .optional(),
  })
  .meta({ id: 'Disponibilidad' });

type Readiness = z.input<typeof readinessAnswer>;

/** A hub or a broker that is down is shown and does not make the process unready: what is to be sent waits. */
function readiness({ database, backlog, broker, draining }: WatchDeps): Endpoint {
  const schema = atMostEvery({ keepMs: 2000, patienceMs: 3000, what: 'the database' }, () => schemaProblem(database));
  const look = async (): Promise<Readiness> => {
    const [problem, now] = await Promise.allSettled([schema(), backlog()]);
    // A schema that is not this release's may lack what the backlog is read from: the database answers all the same.
    const up = problem.status === 'fulfilled' ? 'up' : causeOf(problem.reason);
    const difference = problem.status === 'fulfilled' ? problem.value : 'unknown';
    const causes = [
      ...(draining() ? ['the process is ending and takes nothing new'] : []),
      ...(up === 'up' ? [] : [`the database does not answer: ${up}`]),
      ...(difference === undefined || up !== 'up' ? [] : [difference]),
    ];
    if (causes.length === 0 && now.status === 'rejected')
      causes.push(`the database does not answer: ${causeOf(now.reason)}`);
    const status = causes.length === 0 ? 'ready' : 'not ready';
    const seen = { status, causes, warnings: [], database: up, schema: difference ?? 'current' } satisfies Readiness;
    const state = broker();
    if (now.status === 'rejected') return { ...seen, broker: state };
    const { ways, ...counts } = now.value;
    return {
      ...seen,
      warnings: [...ways.flatMap(wayWarnings), ...brokerWarnings(state), ...countWarnings(counts)],
      hub: healthOf(ways, 'hub'),
      broker: state && { ...state, ...brokerHealth(ways) },
      backlog: { ...waitingIn(ways), ...counts },
    };
  };
  return endpoint({
    method: 'get',
    path: '/readyz',
    tag,
    summary: 'El proceso puede trabajar',
    description:
      'Base de datos, migraciones, relays, hub y broker, con sus causas. ' +
      'Un hub o un broker caído se muestra y no impide trabajar.',
    answers: { 200: readinessAnswer, 503: readinessAnswer },
    async handle() {
      const body = await look();
      return body.status === 'ready' ? ok(body) : { status: 503 as const, body };
    },
  });
}

const EXCHANGE = 'amqp:';

const PLACES: Partial<Record<Destination, string>> = {
  hub: 'the hub',
  stripe: 'Stripe',
  email: 'the mail server',
  push: 'the push service',
};

/** What the operator calls it. */
const placeOf = (destination: Destination): string =>
  PLACES[destination] ?? `the broker's exchange ${destination.slice(EXCHANGE.length)}`;

const healthOf = (ways: readonly WayOut[], wanted: Destination) => {
  const way = ways.find(({ destination }) => destination === wanted);
  return way && { relays: way.relays, outage: way.outage };
};

/** Its exchanges have a relay each: the fewest of them, and all that is wrong. */
function brokerHealth(ways: readonly WayOut[]): { relays?: number; outage?: string } {
  const exchanges = ways.filter(({ destination }) => destination.startsWith(EXCHANGE));
  if (exchanges.length === 0) return {};
  const outages = exchanges.flatMap(({ outage }) => outage ?? []);
  return {
    relays: Math.min(...exchanges.map(({ relays }) => relays)),
    outage: outages.length === 0 ? undefined : [...new Set(outages)].join('; '),
  };
}

const waitingIn = (ways: readonly WayOut[]) => ({
  pending: ways.reduce((sum, { pending }) => sum + pending, 0),
  oldestPendingSeconds: Math.max(0, ...ways.map(({ oldestPendingSeconds }) => oldestPendingSeconds)),
});

function wayWarnings({ destination, relays, outage, pending, oldestPendingSeconds }: WayOut): string[] {
  const waiting = `${pending} messages wait, the oldest for ${Math.round(oldestPendingSeconds)} s`;
  const forWhom = destination === 'hub' ? '' : ` for ${placeOf(destination)}`;
  return [
    ...(outage === undefined ? [] : [`${placeOf(destination)} takes no messages: ${outage}; ${waiting}`]),
    ...(relays === 0 ? [`no relay is at work${forWhom}; start a process with the role relay; ${waiting}`] : []),
  ];
}

const NOT_CONNECTED = 'this process has no connection to the broker (RABBITMQ_URL) and tries again';

const brokerWarnings = (state: BrokerState | undefined): string[] => [
  ...(state?.connected === false ? [NOT_CONNECTED] : []),
  ...(state?.problems ?? []),
];

const countWarnings = ({ deadLetters, failed }: Omit<Backlog, 'ways'>): string[] => [
  ...(deadLetters === 0 ? [] : [`${deadLetters} dead letters: npm run admin -- dead-letters`]),
  ...(failed === 0 ? [] : [`${failed} events failed and are tried again: npm run admin -- events --outcome failed`]),
];

function metrics({ registry, backlog }: WatchDeps): Endpoint {
  const refresh = backlogGauges(registry, backlog);
  return endpoint({
    method: 'get',
    path: '/metrics',
    tag,
    summary: 'Métricas para Prometheus',
    description: 'Sin datos de negocios: totales, tiempos y estados. `docs/operators.md` explica cada una.',
    answers: { 200: { mediaType: registry.contentType, description: 'El formato de texto de Prometheus.' } },
    async handle() {
      await refresh();
      return ok(await registry.metrics());
    },
  });
}
