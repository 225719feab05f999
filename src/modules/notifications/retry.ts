import type { Commands } from '../../events/commands.ts';
import { conflict } from '../../kernel/errors.ts';
import { reopenDeliveries } from './repository.ts';
import { RETRIABLE, type DeliveryState } from './rules.ts';
import { DELIVERIES } from './topics.ts';

/** A notice as it stands before it is asked for again. */
interface Told {
  notification_id: number;
  deliveries: ReadonlyArray<{ state: DeliveryState }>;
}

/** Has what was not sent tried again, to where the customer is reached now. @throws AppError 409 when there is nothing to try. */
export async function retry(commands: Commands, tenantId: number, { notification_id, deliveries }: Told): Promise<void> {
  if (!deliveries.some(({ state }) => RETRIABLE.includes(state))) {
    throw conflict('Este aviso no tiene nada que reintentar.', 'nada_que_reintentar');
  }
  await commands.run({ tenantId }, async (work) => {
    const reopened = await reopenDeliveries(work.trx, tenantId, notification_id);
    if (reopened.length === 0) {
      throw conflict('No se sabe cómo llegar al cliente: falta su correo y su dispositivo.', 'sin_destinatario');
    }
    for (const { channel, customerId: customer_id } of reopened) {
      work.publish(DELIVERIES[channel], { tenant_id: tenantId, notification_id, customer_id }, { tenantId });
    }
  });
}
