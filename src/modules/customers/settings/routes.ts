import { badRequest } from '../../../kernel/errors.ts';
import type { Sql } from '../../../kernel/database.ts';
import { endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { tag, type CustomersDeps } from '../ports.ts';
import { findSettings } from './read-model.ts';
import { writeSettings } from './repository.ts';
import { problemsOf } from './rules.ts';
import { DEFAULTS_SHOWN, settingsAnswer, settingsBody, settingsFrom, shownSettings } from './schemas.ts';

export const settingsEndpoints = (deps: CustomersDeps): Endpoint[] => [show(deps), change(deps)];

const show = ({ database, users }: CustomersDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/customers/settings',
    tag,
    summary: 'Cómo trata el negocio a sus clientes: puntos, niveles, segmentos y crédito',
    access: users,
    answers: { 200: settingsAnswer },
    handle: async ({ user: { tenantId } }) => ok(await database.transaction({ tenantId }, (trx) => shown(trx, tenantId))),
  });

const change = ({ commands, admins }: CustomersDeps): Endpoint =>
  endpoint({
    method: 'put',
    path: '/api/v1/customers/settings',
    tag,
    summary: 'Cambiarlos, todos juntos',
    description:
      'Vale para lo que venga: los puntos ya dados y su vencimiento quedan como están. Los niveles y el límite de ' +
      'crédito cambian en el acto; los segmentos se deciden de nuevo en los minutos siguientes.',
    access: admins,
    body: settingsBody,
    example: DEFAULTS_SHOWN,
    answers: { 200: settingsAnswer },
    async handle({ user: { tenantId }, body }) {
      const problems = problemsOf(settingsFrom(body));
      if (problems.length > 0) throw badRequest(`Hay datos que corregir. ${problems.join(' ')}`, problems);
      const changed = await commands.run({ tenantId }, async (work) => {
        await writeSettings(work.trx, tenantId, body, work.now);
        return shown(work.trx, tenantId);
      });
      return ok(changed);
    },
  });

async function shown(trx: Sql, tenantId: number) {
  const { settings, updatedAt } = await findSettings(trx, tenantId);
  return { ...shownSettings(settings), updated_at: updatedAt };
}
