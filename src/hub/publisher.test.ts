import assert from 'node:assert/strict';
import { parseRetryAfter } from './publisher.ts';

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-01-15T10:00:00Z');

  it('reads seconds and dates, to milliseconds from now', () => {
    assert.equal(parseRetryAfter('120', now), 120_000);
    assert.equal(parseRetryAfter('0', now), 0);
    assert.equal(parseRetryAfter('Thu, 15 Jan 2026 10:02:00 GMT', now), 120_000);
    assert.equal(parseRetryAfter(['3', '4'], now), 3000);
  });

  it('takes a moment that has passed as now', () => {
    assert.equal(parseRetryAfter('Thu, 15 Jan 2026 09:00:00 GMT', now), 0);
  });

  it('knows nothing of what is neither', () => {
    for (const header of [undefined, '', 'soon', 'Infinity', []]) assert.equal(parseRetryAfter(header, now), undefined, String(header));
  });
});
