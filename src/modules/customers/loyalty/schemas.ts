import { z } from 'zod';
import { integer, moment, text } from '../../../kernel/rest/schemas.ts';
import { asked, nextBefore } from '../ports.ts';
import { tierOf, type CustomerSettings } from '../settings/read-model.ts';
import type { PointsView } from './read-model.ts';

const MOST_AT_ONCE = 1_000_000_000;

export const spendBody = z.object({ points: integer().min(1).max(MOST_AT_ONCE), ...asked });

export const adjustBody = z.object({
  points: integer()
    .min(-MOST_AT_ONCE)
    .max(MOST_AT_ONCE)
    .refine((points) => points !== 0, 'no puede ser 0.')
    .meta({ description: 'Los que se dan; con signo menos, los que se quitan.' }),
  reference: asked.reference,
  reason: text(200),
});

export const pointsAnswer = z
  .object({
    available: z.int().meta({ description: 'Los que se pueden gastar ahora.' }),
    debt: z.int().meta({ description: 'Gastados de una compra que después se canceló; los próximos puntos la pagan primero.' }),
    earned: z.int().meta({ description: 'Los que dieron las compras que no se cancelaron.' }),
    tier: z.object({
      name: z.string(),
      min_points: z.int(),
      next: z.object({ name: z.string(), missing_points: z.int() }).nullable(),
    }),
  })
  .meta({ id: 'PuntosDeCliente' });

export function shownPoints(points: PointsView, { tiers }: Pick<CustomerSettings, 'tiers'>): z.input<typeof pointsAnswer> {
  const tier = tierOf(points.earned, tiers);
  const above = tiers.find(({ fromPoints }) => fromPoints > points.earned);
  const next = above === undefined ? null : { name: above.name, missing_points: above.fromPoints - points.earned };
  return { ...points, tier: { name: tier.name, min_points: tier.fromPoints, next } };
}

const source = z.enum(['order', 'pos', 'manual']);

export const calendarAnswer = z.object({
  days: z.array(
    z.object({
      expires_on: z.string().meta({ description: 'Día de Buenos Aires, AAAA-MM-DD.' }),
      points: z.int(),
      lots: z.array(z.object({ lot: z.int(), source, reference: z.string(), points: z.int(), expires_at: moment })),
    }),
  ),
});

export const pointMovementsAnswer = z.object({
  movements: z.array(
    z.object({
      sequence: z.int(),
      kind: z
        .enum(['earned', 'spent', 'expired', 'reversed', 'debt', 'debt_paid', 'adjusted'])
        .meta({ description: '`reversed`: de una compra cancelada; `debt`: lo que de ella ya se había gastado.' }),
      lot: z.int().nullable(),
      points: z.int(),
      debt: z.int(),
      points_after: z.int(),
      debt_after: z.int(),
      reference: z.string(),
      note: z.string().nullable(),
      recorded_at: moment,
    }),
  ),
  next_before: nextBefore,
});
