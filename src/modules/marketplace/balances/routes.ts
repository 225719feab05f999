import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { openRequest } from '../../../events/requests.ts';
import { AppError, notFound } from '../../../kernel/errors.ts';
import { endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { ModuleDeps } from '../../module.ts';
import { access } from '../access.ts';
import { balancesRequest, ORIGIN_MODULE, type Balances } from './topics.ts';

const balance = z.number().nullable();
const balancesAnswer = z
  .object({ fiatBalance: balance, cryptoBalance: balance })
  .meta({ id: 'Saldos', examples: [{ fiatBalance: 5000, cryptoBalance: 150.75 }] });

/** One question under two addresses (rest-contract 3.5). */
export const balanceEndpoints = (deps: ModuleDeps): Endpoint[] =>
  ['/api/tenants/balance', '/balance'].map((path) =>
    endpoint({
      method: 'get',
      path,
      tag: 'Saldos',
      summary: 'Los saldos del negocio',
      description: 'Se le preguntan al módulo de pagos por el hub; la respuesta puede tardar.',
      access: access(deps).user,
      answers: { 200: balancesAnswer },
      problems: [404, 502, 503, 504],
      handle: async ({ user }) => ok(await askForBalances(deps, user.tenantId)),
    }),
  );

/** Asks the payments module through the hub and waits for the answer, wherever it arrives. */
async function askForBalances(deps: ModuleDeps, tenantId: number): Promise<Balances> {
  const { database, commands, replies, config, hubOutage } = deps;
  if ((await hubOutage()) !== undefined) throw unreachable();
  const tenant = await database.transaction({ tenantId }, (trx) =>
    trx.maybe<{ email: string }>(`SELECT email FROM tenants WHERE tenant_id = $1 AND estado = 'activo'`, [tenantId]),
  );
  if (tenant === undefined) throw notFound('El negocio no existe o está dado de baja.');
  const { email } = tenant;
  const traceId = randomUUID();
  const timeoutMs = config.BALANCE_TIMEOUT_MS;
  const answer = replies.expect<Balances | { error: string }>(traceId, timeoutMs); // before the request exists: its answer may be quick
  answer.catch(() => undefined); // it may fail while the request is still being written; it is awaited below
  try {
    await commands.run({ tenantId }, async (work) => {
      const expiresAt = new Date(Date.now() + timeoutMs); // nobody waits after that, so it is not published after that
      const subject = email.toLowerCase();
      await openRequest(work.trx, { traceId, tenantId, topic: balancesRequest.name, subject, expiresAt });
      const traceData = { originModule: ORIGIN_MODULE, traceId };
      work.publish(balancesRequest, { email, traceData }, { tenantId, expiresAt });
    });
  } catch (error) {
    replies.forget(traceId);
    throw error;
  }
  const told = await answer.catch(async (error: unknown) => {
    // Whoever asks while the circuit is about to open waits in vain: the question never got to the hub.
    const outage = isTimeout(error) ? await hubOutage().catch(() => undefined) : undefined;
    throw outage === undefined ? error : unreachable();
  });
  if ('error' in told) {
    throw new AppError(502, 'payments_failed', `El módulo de pagos no pudo decir los saldos: ${told.error}`);
  }
  return { fiatBalance: told.fiatBalance, cryptoBalance: told.cryptoBalance };
}

const unreachable = () =>
  new AppError(503, 'hub_unreachable', 'El hub no está disponible ahora; volvé a intentarlo en unos minutos.');

const isTimeout = (error: unknown): boolean => error instanceof AppError && error.status === 504;
