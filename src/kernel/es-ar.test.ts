import assert from 'node:assert/strict';
import { ago, byName, dayName, dayOf, moment, monthName, pesos } from './es-ar.ts';

const plain = (text: string) => text.replace(/\u00a0/g, ' ');

describe('es-AR', () => {
  it('writes cents as pesos, to the cent', () => {
    assert.deepEqual(
      [0, 5, 90_150, 123_456_789].map((cents) => plain(pesos(cents))),
      ['$ 0,00', '$ 0,05', '$ 901,50', '$ 1.234.567,89'],
    );
  });

  it('counts days as Buenos Aires does', () => {
    assert.equal(dayOf(new Date('2024-02-01T02:59:59Z')), '2024-01-31');
    assert.equal(moment(new Date('2024-02-01T03:05:00Z')), '01/02/2024, 00:05');
    assert.deepEqual([dayName('2024-01-15'), monthName('2024-01')], ['lun 15', 'enero de 2024']);
  });

  it('orders names as a dictionary does', () => {
    const names = ['ábaco', 'Agua', 'árbol', 'Bebidas', 'nada', 'ñoquis', 'Óleo', 'zeta'];
    assert.deepEqual(names.toReversed().sort(byName), names);
  });

  it('says how long ago', () => {
    const now = new Date('2024-01-15T12:00:00Z');
    const before = (minutes: number) => ago(new Date(now.getTime() - minutes * 60_000), now);
    assert.deepEqual([-1, 0, 1, 59, 60, 47 * 60, 48 * 60].map(before), [
      'recién',
      'recién',
      'hace 1 min',
      'hace 59 min',
      'hace 1 h',
      'hace 47 h',
      'hace 2 d',
    ]);
  });
});
