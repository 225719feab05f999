import assert from 'node:assert/strict';
import { contentKey } from './content-key.ts';
import { keyText } from './key-text.ts';

const payload = {
  event: 'stock.updated',
  timestamp: '2025-11-23T14:00:00Z',
  organization_id: 'org_1',
  data: { id: 7, organization_id: 'org_1', mail: 'A@B.C', items: [{ sku: 'x' }], trace: { origin: 'us', id: 't' } },
};
type Payload = typeof payload & { period?: string; data: { since?: string } };
const textOf = (keyOf: (payload: Payload) => string | undefined) => keyText(keyOf, payload);

describe('a key in words', () => {
  const cases: Array<[string, (payload: Payload) => string | undefined, ReturnType<typeof keyText>]> = [
    ['none', () => undefined, undefined],
    ['one member', ({ data }) => String(data.id), { template: '{data.id}', dependsOn: [], onlyWhen: [] }],
    [
      'members of equal value are told apart',
      (one) => `stock:${one.organization_id}:${one.data.id}`,
      { template: 'stock:{organization_id}:{data.id}', dependsOn: [], onlyWhen: [] },
    ],
    [
      'a member in lower case',
      ({ data }) => `of:${data.mail.toLowerCase()}`,
      { template: 'of:{data.mail}', dependsOn: [], onlyWhen: [] },
    ],
    [
      'a member of a list',
      ({ data }) => data.items.map(({ sku }) => sku).join(),
      { template: '{data.items[0].sku}', dependsOn: [], onlyWhen: [] },
    ],
    [
      'a hash, of nodes where all of a node goes in',
      ({ event, data, timestamp }) => `${event}:${contentKey(data, timestamp)}`,
      { template: '{event}:hash(timestamp, data)', dependsOn: [], onlyWhen: [] },
    ],
    [
      'something worked out',
      ({ timestamp, data }) => `${data.id}@${Date.parse(timestamp)}`,
      { template: '{data.id}@1763906400000', dependsOn: ['timestamp'], onlyWhen: [] },
    ],
    [
      'a condition',
      ({ data: { trace } }) => (trace.origin === 'us' ? trace.id : undefined),
      { template: '{data.trace.id}', dependsOn: [], onlyWhen: ['data.trace.origin = "us"'] },
    ],
    [
      'members that the example lacks',
      ({ period, data }) => `sales:${period}..${data.since}`,
      { template: 'sales:{period}..{data.since}', dependsOn: [], onlyWhen: [] },
    ],
    [
      'a key that only a member the example lacks would give',
      ({ period }) => period,
      { template: '{period}', dependsOn: [], onlyWhen: ['period'] },
    ],
  ];
  for (const [name, keyOf, expected] of cases) it(name, () => assert.deepEqual(textOf(keyOf), expected));

  it('leaves the example as it was', () => {
    const before = structuredClone(payload);
    textOf(({ event, data }) => contentKey(event, data));
    assert.deepEqual(payload, before);
  });
});
