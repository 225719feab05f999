import { z } from 'zod';
import { wirePrice } from '../../../kernel/envelope.ts';
import { fromCents, toCents } from '../../../kernel/money.ts';
import { moment, optionalText, pesos, text } from '../../../kernel/rest/schemas.ts';
import { asked, nextBefore } from '../ports.ts';
import type { CreditMovement, CreditView } from './read-model.ts';

const amount = wirePrice.refine((given) => given > 0, 'tiene que ser más que 0.').transform(toCents);

export const useBody = z.object({ amount, ...asked });
export const adjustBody = z.object({ amount, reference: asked.reference, reason: text(200) });
export const limitBody = z.object({
  limit: wirePrice.transform(toCents).nullable().meta({ description: 'null: el que el negocio le da a todos.' }),
  reason: optionalText(200),
});

export const creditAnswer = z
  .object({
    limit: pesos,
    own_limit: z.boolean().meta({ description: 'false: es el que el negocio le da a todos.' }),
    used: pesos,
    favour: pesos.meta({ description: 'Lo que pagó de más: saldo a favor del cliente.' }),
    available: pesos.meta({ description: 'Lo que puede usar ahora.' }),
  })
  .meta({ id: 'CreditoDeCliente' });

export const shownCredit = ({ limitCents, ownLimit, usedCents, favourCents, availableCents }: CreditView): z.input<typeof creditAnswer> => ({
  limit: fromCents(limitCents),
  own_limit: ownLimit,
  used: fromCents(usedCents),
  favour: fromCents(favourCents),
  available: fromCents(availableCents),
});

const movement = z.object({
  sequence: z.int(),
  kind: z.enum(['used', 'paid', 'adjusted', 'limit']),
  used: pesos,
  favour: pesos,
  used_after: pesos,
  favour_after: pesos,
  limit: pesos.nullable().meta({ description: 'En `limit`, el nuevo; null: el que el negocio le da a todos.' }),
  reference: z.string().nullable(),
  note: z.string().nullable(),
  recorded_at: moment,
});

export const creditMovementsAnswer = z.object({ movements: z.array(movement), next_before: nextBefore });

export const shownCreditMovement = ({ sequence, kind, limitCents, reference, note, recordedAt, ...cents }: CreditMovement): z.input<typeof movement> => ({
  sequence,
  kind,
  used: fromCents(cents.usedCents),
  favour: fromCents(cents.favourCents),
  used_after: fromCents(cents.usedCentsAfter),
  favour_after: fromCents(cents.favourCentsAfter),
  limit: limitCents === null ? null : fromCents(limitCents),
  reference,
  note,
  recorded_at: recordedAt,
});
