import assert from 'node:assert/strict';
import { createLanes } from './lanes.ts';
import type { Outgoing } from './store.ts';

const message = (id: number, key: string, slot: number): Outgoing =>
  ({ id, key, slot, topic: 't', payload: '{}', expiresInMs: null }) as unknown as Outgoing;

describe('the lanes of a relay', () => {
  it('keep a slot while anything of it is under way or not written down, and not for what only waits for another try', () => {
    const lanes = createLanes(() => 0);
    lanes.add([message(1, 'a', 7)]);
    assert.equal(lanes.isBusy(7), true);
    const lane = lanes.next();
    assert.ok(lane);
    assert.equal(lanes.isBusy(7), true, 'it is being sent');
    lanes.later(lane, 30_000, 'not now');
    assert.equal(lanes.isBusy(7), true, 'that it failed is not written down');
    lanes.written(lanes.takeSettlements());
    assert.equal(lanes.isBusy(7), false, 'another relay may try it');
    assert.equal(lanes.isBusy(8), false);
  });
});
