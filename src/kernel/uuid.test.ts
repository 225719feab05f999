import assert from 'node:assert/strict';
import { uuidV5 } from './uuid.ts';

describe('a UUID of a name', () => {
  const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

  it("is the RFC's own", () => assert.equal(uuidV5(DNS, 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2'));

  it('is the same for the same name, and another for another or in another namespace', () => {
    assert.equal(uuidV5(DNS, 'a'), uuidV5(DNS, 'a'));
    assert.equal(new Set([uuidV5(DNS, 'a'), uuidV5(DNS, 'b'), uuidV5(uuidV5(DNS, 'a'), 'a')]).size, 3);
  });
});
