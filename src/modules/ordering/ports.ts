import type { Work } from '../../events/work.ts';
import type { Organization } from '../../kernel/organizations.ts';
import type { Access } from '../../kernel/rest/endpoint.ts';
import type { ModuleDeps, Notify } from '../module.ts';

export type { Notice, Notify } from '../module.ts';

/** Who consumes what comes over the broker and from the payment gateways. */
export const SUBSCRIBER = 'ordering';
export const INVENTORY_QUEUE = 'order_inventory_consumer';
export const CATALOG_QUEUE = 'order_catalog_consumer';

/** Who asks over REST: any user of a tenant. */
export interface Caller {
  tenantId: number;
}

/**
 * What is looked up often and may be a moment old: never asked where stock or money is decided. Keys are the
 * document's (`stock:availability:{variant}:{warehouse}`, `product:{id}`, `variant:{id}`), one tenant's apart from
 * another's.
 */
export interface Cache {
  /** The value, or what `load` finds, which is then kept. */
  through<Value>(tenantId: number, key: string, load: () => Promise<Value>): Promise<Value>;
  /** Makes every instance forget these, at COMMIT of the work. */
  forget(work: Work, tenantId: number, keys: readonly string[]): void;
}

/** What other modules of this context may do to orders. Injected, so that their tables stay the orders module's own. */
export interface OrdersPort {
  /**
   * Cancels every unpaid order with one of these variants, whole. Takes the orders' locks itself; the variants', or the
   * catalogue's, are the caller's, so that nobody is placing another one meanwhile.
   */
  cancelUnpaidWith(
    work: Work, organization: Organization, variantIds: readonly string[], reason: string,
  ): Promise<void>;
  /**
   * A payment came in for the order, whose lock the work holds. `confirmed`: the order is. `waiting`: paid, and its
   * stock is still being reserved. `refund`: there is no stock for it, or it is over; give the money back.
   */
  paid(work: Work, organization: Organization, orderId: string, paymentId: string): Promise<'confirmed' | 'waiting' | 'refund'>;
  /** The money of a paid order went back, all of it: it is cancelled. */
  refunded(work: Work, organization: Organization, orderId: string): Promise<void>;
}

/** What orders need of payments. */
export interface PaymentsPort {
  /** The payment that has come in for this order and was not given back, if any. */
  takenFor(work: Work, tenantId: number, orderId: string): Promise<string | undefined>;
  /** Gives back what came in for this order and was not given back yet; asked of the gateway after COMMIT, once. */
  giveBack(work: Work, tenantId: number, orderId: string, reason: string): Promise<void>;
}

/** What the modules of this context are given. */
export interface OrderingDeps extends ModuleDeps {
  users: Access<Caller>;
  notify: Notify;
  cache: Cache;
}
