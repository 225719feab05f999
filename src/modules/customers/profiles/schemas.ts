import { z } from 'zod';
import { wireName } from '../../../kernel/envelope.ts';
import { fromCents } from '../../../kernel/money.ts';
import { emailAddress, moment, optionalText, pageSize, pesos, text } from '../../../kernel/rest/schemas.ts';
import { creditAnswer } from '../credit/read-model.ts';
import { pointsAnswer } from '../loyalty/read-model.ts';
import { averageOf, segmentAnswer, type Statistics } from '../purchases/read-model.ts';
import { SEGMENTS, tierOf, type CustomerSettings } from '../settings/read-model.ts';
import type { ListedCustomer } from './list.ts';

export const profileBody = z.object({
  name: optionalText(200),
  email: emailAddress.nullish(),
  phone: optionalText(50),
  device_token: optionalText(500).meta({ description: 'El de la aplicación en su teléfono, para avisarle ahí.' }),
});

export const customersQuery = z.object({
  segment: z.enum(SEGMENTS).optional(),
  tier: text(30).optional().meta({ description: 'El nombre de un nivel de los ajustes.' }),
  limit: pageSize.default(50),
  after: wireName.optional().meta({ description: 'El `customer_id` del último de la página anterior.' }),
});

const profile = {
  customer_id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
};

export const customersAnswer = z.object({
  customers: z.array(
    z.object({
      ...profile,
      segment: z.enum(SEGMENTS),
      tier: z.string(),
      purchases: z.int(),
      spent: pesos,
      last_purchase_at: moment.nullable(),
    }),
  ),
  next: z.string().nullable().meta({ description: 'Para `after`; null en la última página.' }),
});

export const shownListed = (
  { customerId, earned, spentCents, lastPurchaseAt, ...rest }: ListedCustomer, { tiers }: Pick<CustomerSettings, 'tiers'>,
) => ({ ...rest, customer_id: customerId, tier: tierOf(earned, tiers).name, spent: fromCents(spentCents), last_purchase_at: lastPurchaseAt });

const statistics = z.object({
  purchases: z.int(),
  spent: pesos,
  average: pesos,
  first_purchase_at: moment.nullable(),
  last_purchase_at: moment.nullable(),
});

export const customerAnswer = z
  .object({
    ...profile,
    phone: z.string().nullable(),
    device_token: z.string().nullable(),
    statistics,
    points: pointsAnswer,
    segment: segmentAnswer,
    credit: creditAnswer,
  })
  .meta({ id: 'Cliente' });

export const shownStatistics = (given: Statistics): z.input<typeof statistics> => ({
  purchases: given.purchases,
  spent: fromCents(given.spentCents),
  average: fromCents(averageOf(given)),
  first_purchase_at: given.firstPurchaseAt,
  last_purchase_at: given.lastPurchaseAt,
});
