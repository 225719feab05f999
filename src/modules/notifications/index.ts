import type { Transport } from '../../events/relay/index.ts';
import type { Access } from '../../kernel/rest/endpoint.ts';
import type { Module, ModuleDeps } from '../module.ts';
import { DeliveryError, type EmailGateway, type PushGateway } from './gateway.ts';
import { createKeptEmails, createLoggedPush } from './logged-gateways.ts';
import type { OnSent } from './ports.ts';
import { notificationEndpoints, type Caller } from './routes.ts';
import { deliveryId, isAddress, messageIdOf } from './rules.ts';
import { createSmtpGateway, SMTP_CONNECTIONS } from './smtp-gateway.ts';
import { render } from './templates.ts';
import { emailDelivery, pushDelivery } from './topics.ts';
import { createDeliveryTransport, type TransportDeps } from './transport.ts';

interface Options {
  /** Told of everything that was sent, in the transaction that writes it down. */
  onSent?: readonly OnSent[];
  /** Who carries to telephones; logged without one. */
  push?: PushGateway;
}

/** What customers are told: kept, sent by e-mail and to their telephones, and shown. */
export function notificationsModule(
  deps: ModuleDeps & { users: Access<Caller> },
  { onSent = [], push = createLoggedPush(deps.log) }: Options = {},
): Module {
  const { SMTP_URL: url, SMTP_FROM: from } = deps.config;
  const email = url === undefined ? createKeptEmails(deps.log) : createSmtpGateway({ url, from });
  const sending = { ...deps, onSent };
  return {
    name: 'notifications',
    topics: [emailDelivery, pushDelivery],
    endpoints: notificationEndpoints(deps),
    transports: [emailTransport(sending, email, from), pushTransport(sending, push)],
    async close() {
      await Promise.all([email.close(), push.close()]);
    },
  };
}

const emailTransport = (deps: TransportDeps, gateway: EmailGateway, from: string): Transport =>
  createDeliveryTransport(deps, {
    channel: 'email',
    concurrency: SMTP_CONNECTIONS,
    async carry(due) {
      const { recipient: to, business: fromName, createdAt: date } = due;
      if (!isAddress(to)) throw new DeliveryError('refused', `${to} no es una dirección de correo`);
      return gateway.send({ fromName, to, date, messageId: messageIdOf(due, from), ...render(due, fromName) });
    },
  });

const PUSHES_AT_ONCE = 16;

const pushTransport = (deps: TransportDeps, gateway: PushGateway): Transport =>
  createDeliveryTransport(deps, {
    channel: 'push',
    concurrency: PUSHES_AT_ONCE,
    async carry(due) {
      const { recipient: deviceToken, business } = due;
      const { subject: title, summary: body } = render(due, business);
      return gateway.send({ deviceToken, id: deliveryId(due), title, body });
    },
  });
