import { subscribe } from '../../../events/registry.ts';
import type { ModuleFactory } from '../../module.ts';
import { answerMonthlySales } from './handlers.ts';
import { ventaMesRespuesta, ventasMes } from './topics.ts';

export const reportsModule: ModuleFactory = ({ config }) => ({
  name: 'reports',
  topics: [ventasMes, ventaMesRespuesta],
  subscriptions: [
    subscribe({ subscriber: 'marketplace', topic: ventasMes, handle: answerMonthlySales(config.HUB_MAX_MESSAGE_BYTES) }),
  ],
});
