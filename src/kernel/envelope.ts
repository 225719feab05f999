import { z } from 'zod';
import { isCents } from './money.ts';
import { wireText } from './wire.ts';

/** A moment as other services write it: ISO 8601 with Z or an offset. Kept as it came. */
export const wireMoment = z.iso.datetime({ offset: true });

/** An id of another service: opaque, not blank. */
export const wireName = wireText(100).refine((id) => id.trim() !== '', 'está vacío');

/** A price as JSON carries it. It stays one: what is parked is validated again when its time comes. */
export const wirePrice = z.number().min(0).max(1e11).refine(isCents, 'admite hasta dos decimales');

/** The envelope of the order and customer services' messages (seeds 000 and 002). */
export const envelope = <Name extends string, Data extends z.ZodType>(name: Name, data: Data) =>
  z.object({
    event: z.literal(name),
    version: z.string().regex(/^v?1(\.\d+)*$/, 'no es una versión 1'),
    timestamp: wireMoment,
    organization_id: wireName,
    data,
  });

/** What we send in that envelope. */
export interface Envelope<Name extends string, Data> {
  event: Name;
  version: string;
  timestamp: string;
  organization_id: string;
  data: Data;
}

export const enveloped = <Name extends string, Data>(
  event: Name, { now, organizationId, data }: { now: Date; organizationId: string; data: Data },
): Envelope<Name, Data> => ({ event, version: '1.0', timestamp: now.toISOString(), organization_id: organizationId, data });
