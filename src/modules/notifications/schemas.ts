import { z } from 'zod';
import { wireName } from '../../kernel/envelope.ts';
import { moment, pageSize, pathBigId, pesos } from '../../kernel/rest/schemas.ts';
import { DELIVERY_STATES } from './rules.ts';

export const notificationParams = z.object({ notification_id: pathBigId });

const state = z.enum(DELIVERY_STATES).meta({
  description:
    '`pending` por enviar; `sent` enviado; `kept` guardado, porque no hay con qué enviarlo; `failed` rechazado; ' +
    '`undeliverable` sin destinatario, o de un negocio que ya no existe.',
});

export const notificationsQuery = z.object({
  customer_id: wireName.optional(),
  name: wireName.optional(),
  state: z.enum(DELIVERY_STATES).optional(),
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
    reason: z.string().nullable(),
    old_price: pesos,
    new_price: pesos,
    total: pesos,
    currency: z.string(),
  })
  .partial()
  .catchall(z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]));

const delivery = z.object({
  channel: z.enum(['email', 'push']),
  state,
  recipient: z.string().nullable().meta({ description: 'La dirección, o el identificador del dispositivo.' }),
  attempts: z.int().meta({ description: 'Cuántas veces respondió quien lo recibe.' }),
  cause: z.string().nullable().meta({ description: 'Lo que respondió, o por qué no se envía.' }),
  sent_at: moment.nullable(),
});

const notification = z
  .object({
    notification_id: z.int(),
    customer_id: z.string(),
    name: z.string(),
    data: notificationData,
    about: z.string().meta({ description: 'Sobre qué es; lo mismo se avisa una sola vez.' }),
    state: state.meta({ description: 'El de su mejor envío; `pending` mientras alguno esté por salir.' }),
    created_at: moment,
    deliveries: z.array(delivery),
  })
  .meta({ id: 'Notificacion' });

export const notificationsAnswer = z.object({
  notifications: z.array(notification),
  next_before: z.int().nullable().meta({ description: 'El `before` de la página siguiente; null si no hay más.' }),
});

const rendered = z
  .object({ subject: z.string(), text: z.string(), html: z.string() })
  .meta({ id: 'TextoDeNotificacion', description: 'Con el nombre que el negocio tiene ahora.' });

export const notificationAnswer = notification
  .extend({ rendered })
  .meta({ id: 'NotificacionConTexto' });
