import type { Work } from '../../events/work.ts';

/** Something a customer is to be told. */
export interface Notice {
  customerId: string;
  /** As the event document names it: cart_item_out_of_stock, order_cancelled_timeout… It chooses the words. */
  name: string;
  /** What the words are filled with; flat. */
  data: Record<string, unknown>;
  /** What it is about: the same name about the same thing is told a customer once. */
  about: string;
  /** How to reach this customer about this, where the customer's own addresses are not meant. */
  to?: { email?: string; deviceToken?: string };
}

/** Writes notices down, with the work; whoever has been told already is not told again. They are sent after COMMIT. */
export type Notify = (work: Work, tenantId: number, notices: readonly Notice[]) => void;

export type Channel = 'email' | 'push';

/** A notice that reached somebody by one way; also one that was kept for want of a server to send it by. */
export interface SentNotice extends Pick<Notice, 'customerId' | 'name' | 'data' | 'about'> {
  tenantId: number;
  channel: Channel;
  /** The address, or the device's token. */
  recipient: string;
}

/**
 * Called in the transaction that writes down that a notice was sent, once a notice and channel. What it publishes names
 * its tenant: the work is the service's own. One that throws has the notice sent once more.
 */
export type OnSent = (work: Work, sent: SentNotice) => void;
