import assert from 'node:assert/strict';
import { fromOurPage } from './same-origin.ts';

describe('fromOurPage', () => {
  const host = 'panel.ejemplo.com';
  it('believes Sec-Fetch-Site first', () => {
    assert.equal(fromOurPage({ 'sec-fetch-site': 'same-origin' }, host), true);
    for (const site of ['cross-site', 'same-site', 'none', '']) {
      assert.equal(fromOurPage({ 'sec-fetch-site': site, origin: `https://${host}` }, host), false, site);
    }
  });

  it('then Origin, which must be the host asked', () => {
    assert.equal(fromOurPage({ origin: `https://${host}` }, host), true);
    assert.equal(fromOurPage({ origin: 'http://localhost:3000' }, 'localhost:3000'), true);
    for (const origin of ['null', '', 'https://otro.ejemplo.com', `https://${host}.malo.com`, `https://${host}:444`]) {
      assert.equal(fromOurPage({ origin }, host), false, origin);
    }
  });

  it('refuses whoever says nothing', () => {
    assert.equal(fromOurPage({}, host), false);
    assert.equal(fromOurPage({ origin: `https://${host}` }, undefined), false);
  });
});
