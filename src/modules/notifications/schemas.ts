import { z } from 'zod';
import { wireName } from '../../kernel/envelope.ts';
import { moment, pageSize, pathBigId, pesos } from '../../kernel/rest/schemas.ts';

export const notificationsQuery = z.object({
  customer_id: wireName.optional(),
  name: wireName.optional(),
  limit: pageSize.optional(),
  before: pathBigId.optional(),
});

/** What a notice names; which of them depends on the notice. */
const notificationData = z
  .object({
    variant_id: z.string(),
    cart_id: z.string(),
    warehouse_id: z.string(),
    order_id: z.string(),
    order_number: z.string(),
    reason: z.string(),
    old_price: pesos,
    new_price: pesos,
  })
  .partial();

const notification = z
  .object({
    notification_id: z.int(),
    customer_id: z.string(),
    name: z.string(),
    data: notificationData,
    about: z.string().meta({ description: 'Sobre qué es; lo mismo se avisa una sola vez.' }),
    state: z.enum(['pending', 'sent', 'failed']),
    created_at: moment,
  })
  .meta({ id: 'Notificacion' });

export const notificationsAnswer = z.object({
  notifications: z.array(notification),
  next_before: z.int().nullable().meta({ description: 'El `before` de la página siguiente; null si no hay más.' }),
});
