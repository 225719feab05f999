import { subscribe } from '../../../events/registry.ts';
import type { Module, ModuleDeps } from '../../module.ts';
import type { StockPort } from '../ports.ts';
import { createOrdersFromHub, finishOrderWhenDelivered, readOrdersPicture, returnStockWhenOrderIsCancelled, SUBSCRIBER } from './handlers.ts';
import { createOrderActions } from './actions.ts';
import { ordersPanel } from './panel.ts';
import { orderEndpoints } from './routes.ts';
import { shelfId } from './takings.ts';
import { pedidoCancelado, pedidoConfirmar, pedidoCreado, pedidoEntregado, pedidoRechazado } from './topics.ts';

export const ordersModule = (deps: ModuleDeps, stock: StockPort): Module => {
  const handlers = { stock, publishRejections: deps.config.PUBLISH_REJECTIONS };
  const actions = createOrderActions(deps, stock);
  return {
    name: 'orders',
    topics: [pedidoCreado, pedidoEntregado, pedidoCancelado, pedidoConfirmar, pedidoRechazado],
    subscriptions: [
      subscribe({
        subscriber: SUBSCRIBER,
        topic: pedidoCreado,
        touches: ({ comercio_id, productos }) => productos.map(({ producto_id }) => shelfId(comercio_id, producto_id)),
        read: readOrdersPicture,
        handleBatch: createOrdersFromHub(handlers),
      }),
      subscribe({ subscriber: SUBSCRIBER, topic: pedidoEntregado, handle: finishOrderWhenDelivered(handlers) }),
      subscribe({ subscriber: SUBSCRIBER, topic: pedidoCancelado, handle: returnStockWhenOrderIsCancelled(handlers) }),
    ],
    endpoints: orderEndpoints(deps, actions),
    panel: ordersPanel(deps, actions),
  };
};
