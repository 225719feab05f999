import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decideChange, type SellerState } from './changes.ts';
import { weekOf } from './rules.ts';

const ADDRESS = { calle: 'Florida', numero: '10', ciudad: 'Rosario', provincia: 'Santa Fe', codigo_postal: '2000' };
const NO_ADDRESS = { calle: null, numero: null, ciudad: null, provincia: null, codigo_postal: null };
const PLACE = { lat: -32.95, lon: -60.65 };
const MONDAY = { dia: 1, apertura: '09:00', cierre: '18:00' };
const TUESDAY = { dia: 2, apertura: '10:00', cierre: '14:00' };
const seller: SellerState = { nombre: 'Centro', ...ADDRESS, ...PLACE, horarios: weekOf([MONDAY]) };

const changed = (...args: Parameters<typeof decideChange>) => {
  const decision = decideChange(...args);
  assert.equal(decision.kind, 'changed');
  return decision;
};

describe('decideChange', () => {
  it('names what changed and nothing else', () => {
    const { seller: after, cambios } = changed(seller, { nombre: 'Norte', ...ADDRESS, horarios: [MONDAY] });
    assert.deepEqual(cambios, { nombre: 'Norte' });
    assert.deepEqual(after, { ...seller, nombre: 'Norte' });
  });

  it('finds nothing to do when all is as it was', () => {
    assert.deepEqual(decideChange(seller, { nombre: 'Centro', ...ADDRESS, horarios: [MONDAY] }), { kind: 'same' });
    assert.deepEqual(decideChange(seller, {}), { kind: 'same' });
  });

  it('changes the days named, gives the whole week, and closes it all for an empty list', () => {
    assert.deepEqual(changed(seller, { horarios: [TUESDAY] }).cambios, { horarios: weekOf([MONDAY, TUESDAY]) });
    assert.deepEqual(changed(seller, { horarios: [] }).seller.horarios, weekOf([]));
    assert.equal(decideChange({ ...seller, horarios: weekOf([]) }, { horarios: [] }).kind, 'same');
  });

  it('asks where a new address is, once, and only when it differs', () => {
    const address = { ...ADDRESS, calle: 'Mitre' };
    assert.deepEqual(decideChange(seller, { calle: 'Mitre' }), { kind: 'locate', address });
    const place = { lat: -32.9, lon: -60.6 };
    assert.deepEqual(changed(seller, { calle: 'Mitre' }, { address, place }).cambios, { calle: 'Mitre', ...place });
    const lost = changed(seller, { calle: 'Mitre' }, { address, place: undefined });
    assert.deepEqual([lost.cambios, lost.unplaced], [{ calle: 'Mitre', lat: null, lon: null }, true]);
    // Another change came between: what was asked about is not where the seller is now.
    const meanwhile = { ...seller, numero: '12' };
    assert.equal(decideChange(meanwhile, { calle: 'Mitre' }, { address, place }).kind, 'locate');
  });

  it('takes an address whole or not at all, once merged', () => {
    assert.deepEqual(decideChange(seller, { numero: null }), { kind: 'incomplete', missing: ['numero'] });
    const { cambios, unplaced } = changed(seller, NO_ADDRESS);
    assert.deepEqual([cambios, unplaced], [{ ...NO_ADDRESS, lat: null, lon: null }, false]);
    const without = { ...seller, ...NO_ADDRESS, lat: null, lon: null };
    assert.deepEqual(decideChange(without, { calle: 'Mitre', ciudad: 'Rosario' }), {
      kind: 'incomplete',
      missing: ['numero', 'provincia', 'codigo_postal'],
    });
  });

  it('never changes what was not asked for, and is done after one go', () => {
    const name = fc.constantFrom('Centro', 'Norte');
    const street = fc.constantFrom('Florida', 'Mitre', 'San Martín');
    const days = fc.array(fc.constantFrom(MONDAY, TUESDAY, { dia: 1, apertura: null, cierre: null }), { maxLength: 1 });
    fc.assert(
      fc.property(fc.record({ nombre: name, calle: street, horarios: days }, { requiredKeys: [] }), (asked) => {
        const located = { address: { ...ADDRESS, calle: asked.calle ?? 'Florida' }, place: { lat: 1, lon: 2 } };
        const decision = decideChange(seller, asked, located);
        if (decision.kind === 'same') return;
        assert.equal(decision.kind, 'changed');
        if (decision.kind !== 'changed') return;
        const followed = asked.calle === undefined ? [] : ['lat', 'lon'];
        for (const field of Object.keys(decision.cambios)) assert.ok(field in asked || followed.includes(field), field);
        assert.equal(decideChange(decision.seller, asked, located).kind, 'same');
      }),
    );
  });
});
