import { z } from 'zod';
import { wirePrice } from '../../../kernel/envelope.ts';
import { fromCents, toCents } from '../../../kernel/money.ts';
import { integer, moment, pesos, text } from '../../../kernel/rest/schemas.ts';
import { DEFAULT_SETTINGS, type CustomerSettings } from './rules.ts';

const MOST_POINTS = 1_000_000_000;

const shape = (money: z.ZodType<number, number>) => {
  const threshold = z.object({ min_purchases: integer().min(0).max(1_000_000), min_spent: money });
  return {
    points: z.object({
      earned: integer().min(0).max(1000).meta({ description: 'Puntos por cada `per_amount` completo de una compra.' }),
      per_amount: money.refine((amount) => amount >= 1, 'tiene que ser 1 o más.'),
      valid_months: integer().min(1).max(120),
      warning_days: integer().min(0).max(365).meta({ description: 'Con cuánta anticipación se avisa que vencen; 0: no se avisa.' }),
    }),
    tiers: z
      .array(z.object({ name: text(30), min_points: integer().min(0).max(MOST_POINTS) }))
      .min(1)
      .max(10)
      .meta({ description: 'Por los puntos que dieron las compras, gastados o no.' }),
    segments: z
      .object({ regular: threshold, frequent: threshold, vip: threshold })
      .meta({ description: 'Lo que hay que alcanzar en doce meses, compras e importe; quien no alcanza nada es `new`.' }),
    credit: z.object({ default_limit: money.meta({ description: 'De quien no tiene uno propio.' }) }),
  };
};

/** As it is sent, and as it is kept. */
export const settingsBody = z.object(shape(wirePrice));

export const settingsAnswer = z
  .object({ ...shape(pesos), updated_at: moment.nullable().meta({ description: 'null: todavía valen los valores iniciales.' }) })
  .meta({ id: 'AjustesDeClientes' });

type Wire = z.output<typeof settingsBody>;

export const settingsFrom = ({ points, tiers, segments, credit }: Wire): CustomerSettings => {
  const threshold = ({ min_purchases, min_spent }: Wire['segments']['vip']) => ({ purchases: min_purchases, spentCents: toCents(min_spent) });
  const { regular, frequent, vip } = segments;
  return {
    points: { earned: points.earned, perCents: toCents(points.per_amount), months: points.valid_months, warningDays: points.warning_days },
    tiers: tiers.map(({ name, min_points }) => ({ name, fromPoints: min_points })),
    segments: { regular: threshold(regular), frequent: threshold(frequent), vip: threshold(vip) },
    creditLimitCents: toCents(credit.default_limit),
  };
};

export const shownSettings = ({ points, tiers, segments, creditLimitCents }: CustomerSettings): Wire => {
  const threshold = ({ purchases, spentCents }: CustomerSettings['segments']['vip']) => ({ min_purchases: purchases, min_spent: fromCents(spentCents) });
  const { regular, frequent, vip } = segments;
  return {
    points: { earned: points.earned, per_amount: fromCents(points.perCents), valid_months: points.months, warning_days: points.warningDays },
    tiers: tiers.map(({ name, fromPoints }) => ({ name, min_points: fromPoints })),
    segments: { regular: threshold(regular), frequent: threshold(frequent), vip: threshold(vip) },
    credit: { default_limit: fromCents(creditLimitCents) },
  };
};

export const DEFAULTS_SHOWN = shownSettings(DEFAULT_SETTINGS);
