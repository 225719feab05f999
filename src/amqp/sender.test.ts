import { strict as assert } from 'node:assert';
import { EventEmitter } from 'node:events';
import type { ConfirmChannel } from 'amqplib';
import type { Link } from './connection.ts';
import { createSender, type Envelope } from './sender.ts';

/** A channel that says what the test has it say, when it has it say it. */
class ScriptedChannel extends EventEmitter {
  confirm: Array<(error: Error | null) => void> = [];

  publish(...[, , , , confirm]: Parameters<ConfirmChannel['publish']>): boolean {
    this.confirm.push(confirm as (error: Error | null) => void);
    return true;
  }

  /** Never answered. */
  close = () => new Promise<void>(() => undefined);
}

const envelope = (messageId: string): Envelope => ({
  exchange: 'e', routingKey: 'k', body: Buffer.from('x'), properties: { messageId },
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a sender whose channel fell silent', () => {
  let channels: ScriptedChannel[];
  let lost: number;
  const open = () => {
    channels = [];
    lost = 0;
    const channel = async () => channels[channels.push(new ScriptedChannel()) - 1] as unknown as ConfirmChannel;
    return createSender({ link: { channel } as unknown as Link, onLost: () => (lost += 1), timeoutMs: 50 });
  };

  it('goes on with a fresh one, on which the late end of the old one has no effect', async () => {
    const sender = open();
    await assert.rejects(sender.send(envelope('1')), /did not answer/);
    assert.equal(lost, 1);
    const second = sender.send(envelope('2'));
    await turn();
    channels[1]?.emit('return', { fields: { exchange: 'e', routingKey: 'k' }, properties: { messageId: '2' } });
    channels[0]?.emit('close');
    channels[1]?.confirm[0]?.(null);
    assert.equal(await second, 'returned');
    const third = sender.send(envelope('3'));
    await turn();
    channels[1]?.confirm[1]?.(null);
    assert.equal(await third, 'taken');
    assert.equal(channels.length, 2);
    assert.equal(lost, 1);
  });

  it('gives up at its end what is under way, declarations too, and takes nothing more', async () => {
    const sender = open();
    const sending = assert.rejects(sender.send(envelope('1')), /the service ends/);
    const declaring = assert.rejects(sender.declare(() => new Promise(() => undefined)), /the service ends/);
    await sender.close(1);
    await Promise.all([sending, declaring]);
    await assert.rejects(sender.send(envelope('2')), /the service ends/);
  });
});
