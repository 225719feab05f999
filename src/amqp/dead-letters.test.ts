import { strict as assert } from 'node:assert';
import type { Message } from 'amqplib';
import { routingKeyOf } from './dead-letters.ts';

const message = (exchange: string, routingKey: string, headers?: Record<string, unknown>) =>
  ({ fields: { exchange, routingKey }, properties: { headers } }) as unknown as Message;
const death = (key: string) => ({ queue: 'q', reason: 'delivery_limit', 'routing-keys': [key] });

describe('the routing key of a message', () => {
  const cases: Array<[what: string, Message, key: string]> = [
    ['that came the usual way is its own', message('events', 'a.told', { 'x-original-routing-key': 'b.told' }), 'a.told'],
    ['that we buried is in our header', message('dead_letters', 'q.dead', { 'x-original-routing-key': 'a.told' }), 'a.told'],
    ['that the broker gave up is in its header', message('dead_letters', 'q.dead', { 'x-death': [death('a.told')] }), 'a.told'],
    [
      'that was given up more than once is the first of them',
      message('dead_letters', 'q.dead', { 'x-death': [death('q'), death('a.told')] }), 'a.told',
    ],
    [
      'that was sent back and given up once more is in our header',
      message('dead_letters', 'q.dead', { 'x-original-routing-key': 'a.told', 'x-death': [death('q')] }), 'a.told',
    ],
    ['that was moved back as it lay is in the same header', message('', 'q', { 'x-death': [death('a.told')] }), 'a.told'],
    ['with nonsense in its headers is its own', message('', 'q', { 'x-death': [null, 7], 'x-original-routing-key': 1 }), 'q'],
    ['without headers is its own', message('', 'q'), 'q'],
  ];
  for (const [what, given, key] of cases) it(what, () => assert.equal(routingKeyOf(given), key));
});
