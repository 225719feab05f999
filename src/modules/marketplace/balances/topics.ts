import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { wireText } from '../../../kernel/wire.ts';

/** How this service names itself in traceData; several modules share the hub and its topics. */
export const ORIGIN_MODULE = 'marketplace-service';

const PAYMENTS = 'Pagos';

export const balancesRequest = defineTopic({
  name: 'get.balances.request',
  direction: 'out',
  consumers: [PAYMENTS],
  description: 'Un negocio pide sus saldos; responde el módulo de pagos.',
  schema: z.object({ email: z.string(), traceData: z.object({ originModule: z.string(), traceId: z.string() }) }),
  // Requests have no order among themselves: each its own key, so none waits for another.
  subject: ({ traceData }) => `saldo:${traceData.traceId}`,
  example: { email: 'tenant@example.com', traceData: { originModule: ORIGIN_MODULE, traceId: '7f5a24c1-09db-4ba4-9023-d542a933cf9e' } },
});

const balance = z.number().nullable();

const traceData = z.object({ originModule: wireText(200), traceId: wireText(200) }).nullish();
type TraceData = z.infer<typeof traceData>;

/** A trace of ours names the fact; what others put into theirs says nothing here. */
const ownTrace = (trace: TraceData): string | undefined =>
  trace?.originModule === ORIGIN_MODULE ? trace.traceId : undefined;

export const balancesResponse = defineTopic({
  name: 'get.balances.response',
  direction: 'in',
  producer: PAYMENTS,
  description: 'Los saldos de un negocio, en respuesta a get.balances.request.',
  schema: z.object({
    traceData,
    email: wireText(200),
    fiatBalance: balance,
    cryptoBalance: balance,
    lastUpdated: wireText(60).nullish(),
  }),
  key: ({ traceData }) => ownTrace(traceData),
  subject: ({ email }) => `saldos:${email.toLowerCase()}`,
  example: {
    traceData: { originModule: ORIGIN_MODULE, traceId: '7f5a24c1-09db-4ba4-9023-d542a933cf9e' },
    email: 'juan.perez@example.com',
    fiatBalance: 5000,
    cryptoBalance: 150.75,
    lastUpdated: '2024-01-15T10:30:00Z',
  },
});
export type BalancesResponse = z.infer<typeof balancesResponse.schema>;
export type Balances = Pick<BalancesResponse, 'fiatBalance' | 'cryptoBalance'>;

/** Nothing is known of its text but that it may be anything: a sentence, or an object with one. */
const errorText = z
  .unknown()
  .transform((error, ctx) => {
    try {
      return typeof error === 'string' ? error : JSON.stringify(error);
    } catch {
      ctx.addIssue({ code: 'custom', message: 'está anidado demasiado hondo' }); // JSON.parse goes deeper than stringify
      return z.NEVER;
    }
  })
  .pipe(wireText(5000));

export const blockchainErrorResponse = defineTopic({
  name: 'blockchain.error.response',
  direction: 'in',
  producer: PAYMENTS,
  description: 'El módulo de pagos no pudo contestar. Sin traceData no dice a quién, y no resuelve ninguna consulta.',
  schema: z.object({ error: errorText, traceData }),
  key: ({ traceData }) => ownTrace(traceData),
  subject: ({ traceData }) => (traceData ? `saldo:${traceData.traceId}` : undefined),
  example: {
    error: 'No se pudieron leer los saldos.',
    traceData: { originModule: ORIGIN_MODULE, traceId: '7f5a24c1-09db-4ba4-9023-d542a933cf9e' },
  },
});
export type BlockchainErrorResponse = z.infer<typeof blockchainErrorResponse.schema>;
