import { z } from 'zod';
import type { Work } from '../../events/work.ts';
import { wireName } from '../../kernel/envelope.ts';
import type { Cents } from '../../kernel/money.ts';
import type { Access } from '../../kernel/rest/endpoint.ts';
import { optionalText, pageSize, pathId, text } from '../../kernel/rest/schemas.ts';
import type { ModuleDeps } from '../module.ts';
import type { Notify } from '../notifications/ports.ts';

/** Who consumes what comes over the broker. */
export const SUBSCRIBER = 'customers';
export const ORDER_QUEUE = 'customer_order_queue';
export const POS_QUEUE = 'customer_pos_queue';
export const PAYMENT_QUEUE = 'customer_payment_queue';

export const tag = 'Clientes';

/** Who asks over REST: a user of a tenant. */
export interface Caller {
  tenantId: number;
}

/** What events about one customer have in common: they are taken in the order they came. */
export const customerSubject = (organizationId: string, customerId: string) => `cliente:${organizationId}:${customerId}`;

/** In an event. Left out, null or empty: whoever bought or paid did not say who they are. */
export const wireCustomer = z.union([wireName, z.literal('')]).nullish().transform((id) => id || undefined);

/** A customer's id in a path: opaque. */
export const customerPath = z.object({ customer_id: wireName });

/** A page of a customer's movements, newest first. */
export const movementsQuery = z.object({
  limit: pageSize.default(50),
  before: pathId().optional().meta({ description: 'El `sequence` del último de la página anterior.' }),
});

/** For the `before` of the next page. */
export const nextBefore = z.int().nullable().meta({ description: 'El `before` de la página siguiente; null si no hay más.' });

/** @param found one more than is shown, if there is one. */
export function pageOf<Movement extends { sequence: number }>(found: readonly Movement[], limit: number) {
  const page = found.slice(0, limit);
  return { page, next_before: found.length > limit ? (page.at(-1)?.sequence ?? null) : null };
}

/** What a person asks for is done once by each name they give it. */
export const asked = {
  reference: text(100).meta({ description: 'La elige quien llama; con la misma se hace una sola vez.' }),
  note: optionalText(200),
};

/**
 * Keeps everybody else from changing anything of this customer's until COMMIT; taken last, and one customer a
 * transaction. @returns false when the tenant has no such customer, and none was to be made.
 */
export type LockCustomer = (
  work: Pick<Work, 'trx' | 'now'>, tenantId: number, customerId: string, options?: { make: boolean },
) => Promise<boolean>;

/** Something bought, by the name its source gave it. */
export interface Purchase {
  source: 'order' | 'pos';
  reference: string;
  customerId: string;
  amountCents: Cents;
  happenedAt: Date;
}

/** What purchases do to points, under the customer's lock. */
export interface PointsPort {
  earn(work: Work, tenantId: number, purchase: Purchase): Promise<void>;
  /** Takes back what this purchase earned, once. */
  takeBack(work: Work, tenantId: number, purchase: Pick<Purchase, 'source' | 'reference' | 'customerId'>): Promise<void>;
}

/** What the modules of this context are given. */
export interface CustomersDeps extends ModuleDeps {
  users: Access<Caller>;
  admins: Access<Caller>;
  notify: Notify;
  lockCustomer: LockCustomer;
}
