import assert from 'node:assert/strict';
import { addMonths } from './months.ts';

const moved = (from: string, months: number) => addMonths(new Date(from), months).toISOString();

describe('the same day some months later', () => {
  for (const [from, months, to] of [
    ['2025-11-23T15:00:00.000Z', 12, '2026-11-23T15:00:00.000Z'],
    ['2025-11-23T15:00:00.000Z', -12, '2024-11-23T15:00:00.000Z'],
    ['2024-02-29T00:00:00.000Z', 12, '2025-02-28T00:00:00.000Z'],
    ['2025-01-31T23:59:59.999Z', 1, '2025-02-28T23:59:59.999Z'],
    ['2025-12-31T00:00:00.000Z', 2, '2026-02-28T00:00:00.000Z'],
    ['2025-03-31T00:00:00.000Z', -1, '2025-02-28T00:00:00.000Z'],
  ] as const) {
    it(`${from} ${months} months: ${to}`, () => assert.equal(moved(from, months), to));
  }
});
