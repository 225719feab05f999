import { bulkhead } from 'cockatiel';
import { subscribe } from '../../../events/registry.ts';
import type { ModuleFactory } from '../../module.ts';
import { createPageReader } from './cursor.ts';
import { answerIva, answerMonthlySales, answerOrdersByTenant } from './handlers.ts';
import { salesPanel } from './panel.ts';
import { reportEndpoints } from './routes.ts';
import {
  ivaPedido,
  ivaRespuesta,
  ordenesByTenantPedido,
  ordenesByTenantRespuesta,
  ventaMesRespuesta,
  ventasMes,
} from './topics.ts';

/** Each keeps a connection and a core of Postgres busy for seconds: a burst of questions must leave some for the rest. */
const ANSWERED_AT_ONCE = 2;
/** The next one fails, is kept and tried again like any other that failed. */
const WAITING = 100;

export const reportsModule: ModuleFactory = (deps) => {
  const maxMessageBytes = deps.config.HUB_MAX_MESSAGE_BYTES;
  const slots = bulkhead(ANSWERED_AT_ONCE, WAITING);
  const subscriber = 'marketplace';
  const readPages = createPageReader(deps.database);
  return {
    name: 'reports',
    topics: [ventasMes, ventaMesRespuesta, ivaPedido, ivaRespuesta, ordenesByTenantPedido, ordenesByTenantRespuesta],
    subscriptions: [
      subscribe({ subscriber, topic: ventasMes, handle: answerMonthlySales(maxMessageBytes), slots }),
      subscribe({ subscriber, topic: ivaPedido, handle: answerIva(maxMessageBytes), slots }),
      subscribe({ subscriber, topic: ordenesByTenantPedido, handle: answerOrdersByTenant, slots }),
    ],
    endpoints: reportEndpoints(deps, readPages),
    panel: salesPanel(deps, readPages),
  };
};
