import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressLine, DAYS, daysOf, missingParts, readSchedule, weekOf } from './rules.ts';

const day = (dia_semana: string | number, hora_apertura: string | null = null, hora_cierre: string | null = null) => ({
  dia_semana,
  hora_apertura,
  hora_cierre,
});

describe('readSchedule', () => {
  it('reads days by name in any case, with or without accents, and by number', () => {
    const { days, errors } = readSchedule([day('MIÉRCOLES'), day('sabado'), day(' Lunes '), day(0), day('2')]);
    assert.deepEqual(errors, []);
    assert.deepEqual(
      days.map(({ dia }) => dia),
      [3, 6, 1, 0, 2],
    );
  });

  it('reads hours with one digit or seconds, down to the minute', () => {
    assert.deepEqual(readSchedule([day('lunes', '9:00', '23:30:59')]).days, [
      { dia: 1, apertura: '09:00', cierre: '23:30' },
    ]);
  });

  it('takes back the week that it shows', () => {
    const days = [{ dia: 5, apertura: '08:00', cierre: '12:00' }];
    const back = readSchedule(weekOf(days));
    assert.deepEqual(back.errors, []);
    assert.deepEqual(weekOf(back.days), weekOf(days));
  });

  it('takes back any week that it shows, hours with seconds and days by number included', () => {
    const halfHour = (n: number) => `${String(Math.floor(n / 2)).padStart(2, '0')}:${n % 2 ? '30' : '00'}`;
    const open = fc.tuple(fc.integer({ min: 0, max: 46 }), fc.integer({ min: 1, max: 47 })).filter(([a, b]) => a < b);
    const hours = fc.option(open.map(([a, b]) => [halfHour(a), halfHour(b)] as const));
    const short = (hour: string | null) => hour?.replace(/^0/, '') ?? null;
    fc.assert(
      fc.property(fc.tuple(...DAYS.map(() => hours)), (given) => {
        const week = weekOf(given.map((day, dia) => ({ dia, apertura: day?.[0] ?? null, cierre: day?.[1] ?? null })));
        const exact = (hour: string | null) => hour && `${hour}:00`;
        const spellings = [
          week,
          week.map((day) => ({ ...day, hora_apertura: exact(day.hora_apertura), hora_cierre: exact(day.hora_cierre) })),
          week.map((day) => ({ ...day, dia_semana: day.dia_numero, hora_apertura: short(day.hora_apertura) })),
        ];
        for (const spelling of spellings) {
          const { days, errors } = readSchedule(spelling);
          assert.deepEqual([errors, weekOf(days)], [[], week]);
        }
        assert.deepEqual(weekOf(daysOf(week)), week);
      }),
    );
  });

  it('says everything that is wrong, a sentence each', () => {
    const { errors } = readSchedule([
      day('feriado'),
      day(7),
      day('lunes', '08:00'),
      day('lunes'),
      day('martes', '24:00', '25:00'),
      day('jueves', '10:00', '9:00'),
      day('viernes', '', ''),
    ]);
    assert.equal(errors.length, 7);
  });
});

describe('addressLine', () => {
  it('is one line, and empty without an address', () => {
    const none = { calle: null, numero: null, ciudad: null, provincia: null };
    assert.equal(addressLine(none), '');
    assert.equal(
      addressLine({ calle: 'Florida', numero: '10', ciudad: 'Rosario', provincia: 'Santa Fe' }),
      'Florida 10, Rosario, Santa Fe',
    );
  });
});

describe('missingParts', () => {
  it('names what an address lacks, and nothing for a whole one or none', () => {
    const whole = { calle: 'Florida', numero: '10', ciudad: 'Rosario', provincia: 'Santa Fe', codigo_postal: '2000' };
    assert.deepEqual(missingParts(whole), []);
    assert.deepEqual(missingParts({}), []);
    assert.deepEqual(missingParts({ calle: null, numero: null }), []);
    assert.deepEqual(missingParts({ ...whole, numero: null, ciudad: undefined }), ['numero', 'ciudad']);
  });
});
