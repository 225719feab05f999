import type { Warning } from '../../../events/outcome.ts';
import type { Hold, OrderState, ReservationState, Standing } from './states.ts';

/** What may happen to an order. */
export type Happening =
  /** Somebody looked whether its time is up. */
  | { kind: 'swept' }
  /** The inventory reserved for it; `whole`: all that was ordered. */
  | { kind: 'reserved'; reservationId: string; expiresAt: Date; whole: boolean }
  /** The inventory gave a reservation back. */
  | { kind: 'released'; reservationId: string; reason: string }
  | { kind: 'paid'; paymentId: string }
  /** All the money went back. */
  | { kind: 'refunded' }
  /** Somebody cancels it. */
  | { kind: 'cancelled'; reason: string }
  /** The service cancels it if it is unpaid. */
  | { kind: 'withdrawn'; reason: string }
  /** Others were told that nothing comes of it: as withdrawn, and one whose time was up does not come back either. */
  | { kind: 'rejected'; reason: string }
  | { kind: 'delivered' };

/** All that deciding needs; read under the order's lock and, where it may be confirmed, under its shelves' locks. */
export interface Situation {
  order: Standing;
  reservation: Hold & {
    /** The inventory's name for it, once it has said. */
    reservationId: string | null;
    /** Its stock is still set aside: by the inventory, or by us and nobody else has taken it since it expired. */
    kept: boolean;
    /** The inventory's figures cover it beside all that was sold: its own answer, or those of its shelves. */
    backed: boolean;
    /** It took the place of one that was given up, and the inventory has not answered to it yet. */
    again: boolean;
  };
  /** The payment that has come in and was not given back. */
  taken: string | undefined;
  /** The shelves could give all of it once more. */
  coverable: boolean;
  now: Date;
}

export type Effect =
  | { kind: 'move'; state: OrderState; reason: string | null; auto: boolean }
  | {
      kind: 'reservation';
      state: ReservationState;
      /** Left out: stays. */
      reservationId?: string | null;
      expiresAt?: Date;
      releasedReason?: string;
      /**
       * answered: what the inventory's answer names, which its figures hold; again: taken from our shelves; recounted:
       * its figures hold them no more, so we do; dropped.
       */
      items?: 'answered' | 'again' | 'recounted' | 'dropped';
    }
  | { kind: 'tell'; event: 'placed' | 'cancelled' | 'completed' }
  | { kind: 'tell'; event: 'confirmed'; paymentId: string }
  | { kind: 'ask'; command: 'confirm'; reservationId: string }
  | { kind: 'ask'; command: 'release'; reservationId: string; reason: string }
  | { kind: 'noticeTimeout' }
  | { kind: 'giveBack'; reason: string };

/** What is made of it. `refused`: not from this state. Of a payment: whether the order is, waits, or the money goes back. */
export interface Decision {
  answer: 'done' | 'refused' | 'confirmed' | 'waiting' | 'refund';
  /** In the order they take place. */
  effects: Effect[];
  warning?: Warning;
}
