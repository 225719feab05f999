import assert from 'node:assert/strict';
import fc from 'fast-check';
import { calendarDay } from './calendar-day.ts';

const day = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

describe('the calendar day that a text names', () => {
  it('is what stands before the T, whatever hour and offset follow', () => {
    const tail = fc.constantFrom(
      '',
      'T00:00:00.000Z',
      'T23:59:59Z',
      'T00:00',
      'T12:30:00',
      'T23:00:00-03:00',
      'T00:30:00+14:00',
      'T01:00:00.5+0530',
    );
    fc.assert(fc.property(day, tail, (text, rest) => assert.equal(calendarDay(text + rest), text)));
  });

  it('exists in the calendar', () => {
    assert.equal(calendarDay(' 2028-02-29 '), '2028-02-29');
    const bad = [
      '',
      '2027-02-29',
      '2030-06-31',
      '2030-13-01',
      '2030-00-10',
      '2030-01-00',
      '0000-01-01',
      '2030-1-1',
      '30-01-01',
      '01/02/2030',
      '2030-01-01Tgarbage',
      '2030-01-01T',
      '2030-01-01 10:00',
      '+020300-01-01',
      'hoy',
      '1893456000000',
    ];
    for (const text of bad) assert.equal(calendarDay(text), undefined, text);
  });
});
