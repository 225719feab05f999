import { z } from 'zod';
import { decimal, pesos as inPesos } from '../../../kernel/es-ar.ts';
import { fromCents } from '../../../kernel/money.ts';
import { moment, pesos } from '../../../kernel/rest/schemas.ts';
import { nextBefore } from '../ports.ts';
import { SEGMENTS, type Thresholds } from '../settings/read-model.ts';
import type { PurchaseMovement, Statistics } from './read-model.ts';

/** In English on the wire, as tenants' programs name them; what a person reads of it. */
const IN_WORDS: Record<(typeof SEGMENTS)[number], string> = { new: 'nuevo', regular: 'regular', frequent: 'frecuente', vip: 'VIP' };

export const segmentAnswer = z
  .object({
    segment: z.enum(SEGMENTS),
    why: z.string().meta({ description: 'En palabras, para mostrar.' }),
    decided_at: moment.nullable().meta({ description: 'null: todavía no compró nada.' }),
    from: moment.nullable().meta({ description: 'Cuentan las compras posteriores a este momento.' }),
    purchases: z.int(),
    spent: pesos,
    thresholds: z
      .array(z.object({ segment: z.enum(SEGMENTS), min_purchases: z.int(), min_spent: pesos, reached: z.boolean() }))
      .meta({ description: 'Los que valían cuando se decidió, del que menos pide al que más.' }),
  })
  .meta({ id: 'SegmentoDeCliente' });

type Shown = z.input<typeof segmentAnswer>;

/** The segment with the figures and thresholds it was decided on, not those of this moment. */
export function shownSegment({ segment, decidedAt, decidedOn }: Statistics): Shown {
  if (decidedOn === null) {
    return { segment, why: `Es ${IN_WORDS[segment]}: todavía no compró nada.`, decided_at: null, from: null, purchases: 0, spent: 0, thresholds: [] };
  }
  const { from, purchases, spentCents, thresholds } = decidedOn;
  return {
    segment,
    why: whyOf(segment, decidedOn),
    decided_at: decidedAt,
    from: new Date(from),
    purchases,
    spent: fromCents(spentCents),
    thresholds: (['regular', 'frequent', 'vip'] as const).map((name) => ({
      segment: name,
      min_purchases: thresholds[name].purchases,
      min_spent: fromCents(thresholds[name].spentCents),
      reached: purchases >= thresholds[name].purchases && spentCents >= thresholds[name].spentCents,
    })),
  };
}

/** `Es regular: en doce meses hizo 3 compras por $ 4.500,00; para ser frecuente hacen falta 6 compras y $ 50.000,00.` */
function whyOf(segment: Shown['segment'], { purchases, spentCents, thresholds }: NonNullable<Statistics['decidedOn']>): string {
  const bought = `Es ${IN_WORDS[segment]}: en doce meses hizo ${counted(purchases)} por ${inPesos(spentCents)}`;
  const next = SEGMENTS[SEGMENTS.indexOf(segment) + 1] as keyof Thresholds | undefined;
  if (next === undefined) return `${bought}; es el segmento más alto.`;
  const wanted = thresholds[next];
  return `${bought}; para ser ${IN_WORDS[next]} hacen falta ${counted(wanted.purchases)} y ${inPesos(wanted.spentCents)}.`;
}

const counted = (purchases: number): string => `${decimal(purchases)} ${purchases === 1 ? 'compra' : 'compras'}`;

const movement = z.object({
  sequence: z.int(),
  kind: z.enum(['purchase', 'reversal']),
  source: z.enum(['order', 'pos']),
  reference: z.string().meta({ description: 'El `order_id` o el `transaction_id`.' }),
  amount: pesos,
  purchases_after: z.int(),
  spent_after: pesos,
  happened_at: moment,
  recorded_at: moment,
});

export const purchasesAnswer = z.object({ movements: z.array(movement), next_before: nextBefore });

export const shownPurchase = ({ amountCents, purchasesAfter, spentCentsAfter, happenedAt, recordedAt, ...rest }: PurchaseMovement): z.input<typeof movement> => ({
  ...rest,
  amount: fromCents(amountCents),
  purchases_after: purchasesAfter,
  spent_after: fromCents(spentCentsAfter),
  happened_at: happenedAt,
  recorded_at: recordedAt,
});
