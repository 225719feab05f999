import type { Work } from '../../events/work.ts';
import type { Cents } from '../../kernel/money.ts';
import type { Organization } from '../../kernel/organizations.ts';
import type { Access } from '../../kernel/rest/endpoint.ts';
import type { ModuleDeps } from '../module.ts';
import type { Notify } from '../notifications/ports.ts';

export type { Notice, Notify } from '../notifications/ports.ts';

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
  /**
   * Sets stock aside for an order that no cart was made into (seeds 003 and 004). The work holds the order's lock and is
   * the system's. One order is one reservation: of one that is known already it says how it stands.
   */
  reserve(work: Work, wanted: WantedOrder): Promise<Reserving>;
  /**
   * Cancels the order if it is unpaid, whose lock the work holds; its stock is free again, and no late payment brings it
   * back. Of no order: nothing.
   */
  withdraw(work: Work, orderId: string, reason: string): Promise<void>;
  /** Whose order this is: the tenant that has it, else the one that sells all of it; undefined: nobody, or not one alone. */
  tenantOf(work: Work, wanted: Pick<WantedOrder, 'orderId' | 'lines'>): Promise<number | undefined>;
}

/** A line as others order it: by the name of a variant or of a product. */
export interface WantedLine {
  productId: string;
  /** The variant's name, where the line says one; if nobody sells it by that, it is what `productId` says. */
  sku?: string;
  quantity: number;
  /** Left out: the catalogue's price, as far as it is known. */
  unitPriceCents?: Cents;
}

export interface WantedOrder {
  orderId: string;
  customerId: string;
  /** ISO 4217. */
  currency: string;
  lines: readonly WantedLine[];
  /** What it costs in all, where that is more than its lines. */
  totalCents?: Cents;
  /** Whose products they are, where somebody said so; else whoever sells all of them. */
  organizationId?: string;
  /** What is kept beside the order, for whoever sends it. */
  details?: OrderDetails;
}

export interface Address {
  recipientName: string;
  addressLine1: string;
  addressLine2?: string | null;
  city: string;
  state?: string | null;
  postalCode?: string | null;
  country: string;
  phoneNumber?: string | null;
}

/** What can be paid with, as the Orders API's events name it. */
export const PAYMENT_METHODS = ['CreditCard', 'DebitCard', 'Cash', 'BankTransfer', 'MercadoPago', 'PayPal', 'Wallet'] as const;

/** How somebody means to pay; never a whole card number. */
export interface PaymentMethod {
  type?: string | null;
  lastFourDigits?: string | null;
  cardBrand?: string | null;
}

/** Who an order goes to and how it is paid. Personal data: kept with the order, and never logged. */
export interface OrderDetails {
  customerEmail?: string | null;
  customerPhone?: string | null;
  shippingAddress?: Address | null;
  billingAddress?: Address | null;
  paymentMethod?: PaymentMethod | null;
  notes?: string | null;
  taxCents: Cents;
  shippingCents: Cents;
  discountCents: Cents;
}

/** An order that was placed here, as it is told to whoever takes part in the Orders API's flow (seed 004). */
export interface AnnouncedOrder {
  orderId: string;
  organization: Organization;
  orderNumber: string;
  customerId: string;
  currency: string;
  totalCents: Cents;
  lines: ReadonlyArray<{ variantId: string; productId: string | null; quantity: number; unitPriceCents: Cents }>;
  details: OrderDetails;
}

/**
 * Publishes `OrderCreatedEvent` with the work that places the order.
 * @returns what the event would lack, by the names REST gives it; then nothing is published.
 */
export type Announce = (work: Work, order: AnnouncedOrder) => Promise<string[]>;

/**
 * `waiting`: nothing is known of the stock, and the inventory was asked; `orderChanged` of orders/topics.ts is woken when
 * it has answered. `refused`: with what is missing, where that is why.
 */
export type Reserving =
  | {
      kind: 'reserved';
      tenantId: number;
      organizationId: string;
      orderNumber: string;
      totalCents: Cents;
      currency: string;
      reservationId: string;
      expiresAt: Date;
    }
  | { kind: 'waiting'; tenantId: number }
  | { kind: 'refused'; reason: string; items: Array<{ productId: string; requested: number; available: number }> };

/** Money that somebody took for an order, in another way than over a payment gateway of ours. */
export interface Charge {
  /** Who took it; `SIMULATED` gives it back by itself. */
  gateway: string;
  /** Its name there: the same one counts once. */
  gatewayPaymentId: string;
  /** Left out: what the order costs. */
  money?: { cents: Cents; currency: string };
}

/** Where a gateway takes money for us, be it that only its news reach us, nobody pretends that something was paid. */
export const hasGateway = ({ STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET }: Pick<ModuleDeps['config'], 'STRIPE_SECRET_KEY' | 'STRIPE_WEBHOOK_SECRET'>) =>
  STRIPE_SECRET_KEY !== undefined || STRIPE_WEBHOOK_SECRET.length > 0;

/** The gateway that nobody stands behind: where none is set up, payments are made as the documents simulate them. */
export const SIMULATED = 'simulated';

export interface ChargesPort {
  /**
   * `confirmed`, `waiting` and `refund` as of `OrdersPort.paid`; `unknown`: this tenant has no such order, or the charge is
   * another order's.
   */
  charged(work: Work, tenantId: number, orderId: string, charge: Charge): Promise<'confirmed' | 'waiting' | 'refund' | 'unknown'>;
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
