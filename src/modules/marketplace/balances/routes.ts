import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { openRequest } from '../../../events/requests.ts';
import { AppError, notFound } from '../../../kernel/errors.ts';
import type { ModuleDeps } from '../../module.ts';
import { currentUser } from '../access.ts';
import { balancesRequest, ORIGIN_MODULE, type Balances } from './topics.ts';

/** Asks the payments module through the hub and waits for the answer, wherever it arrives (rest-contract 3.5). */
export const askForBalances = ({ database, commands, replies, config, hubOutage }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const outage = await hubOutage();
    if (outage !== undefined) throw new AppError(503, 'hub_unreachable', 'El hub no está disponible ahora; volvé a intentarlo en unos minutos.');
    const tenant = await database.transaction({ tenantId }, (trx) =>
      trx.maybe<{ email: string }>(`SELECT email FROM tenants WHERE tenant_id = $1 AND estado = 'activo'`, [tenantId]),
    );
    if (tenant === undefined) throw notFound('El negocio no existe o está dado de baja.');
    const traceId = randomUUID();
    const timeoutMs = config.BALANCE_TIMEOUT_MS;
    const answer = replies.expect<Balances>(traceId, timeoutMs); // before the request exists: its answer may be quick
    answer.catch(() => undefined); // it may fail while the request is still being written; it is awaited below
    try {
      await commands.run({ tenantId }, async (work) => {
        const expiresAt = new Date(Date.now() + timeoutMs); // nobody waits after that, so it is not published after that
        await openRequest(work.trx, { traceId, tenantId, topic: balancesRequest.name, subject: tenant.email.toLowerCase(), expiresAt });
        work.publish(balancesRequest, { email: tenant.email, traceData: { originModule: ORIGIN_MODULE, traceId } }, { tenantId, expiresAt });
      });
    } catch (error) {
      replies.forget(traceId);
      throw error;
    }
    const { fiatBalance, cryptoBalance } = await answer;
    res.json({ fiatBalance, cryptoBalance });
  };
