import assert from 'node:assert/strict';
import { addressLine, readSchedule, weekOf } from './rules.ts';

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
