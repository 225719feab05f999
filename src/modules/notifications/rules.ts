import { createHash } from 'node:crypto';
import type { Channel, Notice } from './ports.ts';

export const DELIVERY_STATES = ['pending', 'sent', 'kept', 'failed', 'undeliverable'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** The best word first: a notice stands as its furthest delivery does, once none is under way. */
const BEST_FIRST: readonly DeliveryState[] = ['pending', 'sent', 'kept', 'failed', 'undeliverable'];

/** How a notice stands. One without deliveries was written before anything was sent, and stays where it is. */
export const stateOf = (deliveries: ReadonlyArray<{ state: DeliveryState }>): DeliveryState =>
  BEST_FIRST.find((state) => deliveries.some((delivery) => delivery.state === state)) ?? 'kept';

/** What was not sent and may be asked for again. */
export const RETRIABLE: readonly DeliveryState[] = ['failed', 'undeliverable'];

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** About a day at the longest wait. */
const MAX_ATTEMPTS = 100;

/** How long to leave a recipient alone that was put off for the `attempts`-th time; undefined: no longer tried. */
export const waitAfter = (attempts: number): number | undefined =>
  attempts >= MAX_ATTEMPTS ? undefined : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1));

type Identity = Pick<Notice, 'customerId' | 'name' | 'about'> & { tenantId: number; channel: Channel };

/** The same for every try of a notice by one way, and for no other: made of what makes the notice itself unique. */
export const deliveryId = ({ tenantId, customerId, name, about, channel }: Identity): string =>
  createHash('sha256').update(JSON.stringify([tenantId, customerId, name, about, channel])).digest('hex').slice(0, 40);

/** @param from whose domain it bears. */
export const messageIdOf = (identity: Identity, from: string): string =>
  `<${deliveryId(identity)}@${from.slice(from.lastIndexOf('@') + 1)}>`;

/**
 * One address and nothing else: no list, no name, no line break that would write headers. Its first half is ASCII: a
 * server that takes no other refuses such a mail by its sender, which looks as if it refused them all.
 */
export const isAddress = (text: string): boolean =>
  text.length <= 254 && /^[\w.!#$%&'*+/=?^`{|}~-]+@[^\s@,;:<>"()[\]\\]+$/.test(text);

/** `ana@ejemplo.com` → `a***@ejemplo.com`. */
export const maskedAddress = (address: string): string => address.replace(/^(.?).*(@.*)$/s, '$1***$2');

/** The end tells tokens apart. */
export const maskedToken = (token: string): string => `***${token.slice(-4)}`;

/** What the other side says of a recipient names it, in whatever spelling; a log and the operator see it masked. */
export const withoutRecipient = (cause: string, recipient: string, channel: Channel): string =>
  channel === 'email' ? cause.replace(/[^\s<>"',;:]+@[^\s<>"',;]+/g, maskedAddress) : cause.replaceAll(recipient, maskedToken(recipient));
