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

export const reportsModule: ModuleFactory = (deps) => {
  const maxMessageBytes = deps.config.HUB_MAX_MESSAGE_BYTES;
  const readPages = createPageReader(deps.database);
  return {
    name: 'reports',
    topics: [ventasMes, ventaMesRespuesta, ivaPedido, ivaRespuesta, ordenesByTenantPedido, ordenesByTenantRespuesta],
    subscriptions: [
      subscribe({ subscriber: 'marketplace', topic: ventasMes, handle: answerMonthlySales(maxMessageBytes) }),
      subscribe({ subscriber: 'marketplace', topic: ivaPedido, handle: answerIva(maxMessageBytes) }),
      subscribe({ subscriber: 'marketplace', topic: ordenesByTenantPedido, handle: answerOrdersByTenant }),
    ],
    endpoints: reportEndpoints(deps, readPages),
    panel: salesPanel(deps, readPages),
  };
};
