import { done, type Outcome } from '../../../events/outcome.ts';
import { subscribe } from '../../../events/registry.ts';
import type { Work } from '../../../events/work.ts';
import type { Module } from '../../module.ts';
import { shown, type Payload } from './messages.ts';
import { orderRequested, userRejected, userValidated, USER_QUEUE } from './topics.ts';
import type { UserRule } from './user-rule.ts';

/** The document's user_service. */
export const checkoutUsersModule = (isKnown: UserRule): Module => ({
  name: 'checkout-users',
  topics: [orderRequested, userValidated, userRejected],
  subscriptions: [
    subscribe({ subscriber: USER_QUEUE, queue: USER_QUEUE, topic: orderRequested, handle: answerForUserWhenOrderIsRequested(isKnown) }),
  ],
});

const answerForUserWhenOrderIsRequested =
  (isKnown: UserRule) =>
  async (requested: Payload<typeof orderRequested>, work: Work): Promise<Outcome> => {
    const { order_id, user_id } = requested;
    work.log.info(`👤 UserService recibió OrderRequested: ${shown(requested)}`);
    if (await isKnown(work.trx, user_id)) {
      work.publish(userValidated, { type: 'UserValidated', order_id, user_id });
      work.log.info(`✅ Usuario ${user_id} validado, evento enviado`);
    } else {
      work.publish(userRejected, { type: 'UserRejected', order_id, user_id, reason: 'unknown_user' });
      work.log.info(`❌ Usuario ${user_id} rechazado, evento enviado`);
    }
    return done();
  };
