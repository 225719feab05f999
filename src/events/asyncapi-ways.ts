import type { Side } from './catalogue.ts';
import type { AnyTopic, Destination } from './topic.ts';

/** How a message travels, in AsyncAPI's words. */
export interface Way {
  /** The channel's name in the document. */
  channel: string;
  /** The channel, but for its messages. */
  about: Record<string, unknown>;
  operation: Record<string, unknown>;
  message: Record<string, unknown>;
}

/** The hosts are a deployment's own business: here stands where they are found in development, or who they are. */
const host = (description: string, ours: string) => ({ host: { default: ours, description } });

export const SERVERS = {
  callback: {
    host: '{host}',
    protocol: 'http',
    title: 'Este servicio',
    description: 'Acá llegan el hub y la pasarela de pagos, por HTTP.',
    variables: host('HOST y PORT de este servicio.', 'localhost:3000'),
  },
  hub: {
    host: '{host}',
    protocol: 'https',
    title: 'El hub',
    description: 'Se entra por `POST /auth/login` y se publica por `POST /hub/publish`.',
    variables: host('HUB_URL de este servicio.', 'core.deliver.ar'),
  },
  rabbitmq: {
    host: '{host}',
    protocol: 'amqp',
    protocolVersion: '0.9.1',
    title: 'RabbitMQ',
    description: 'Los intercambios son de tipo topic y durables, las colas quorum. Lo que no se puede aplicar queda en `<cola>.dead`.',
    variables: host('RABBITMQ_URL de este servicio.', 'localhost:5672'),
  },
  stripe: { host: 'api.stripe.com', protocol: 'https', title: 'Stripe', description: 'La pasarela de pagos.' },
} as const;

const at = (server: keyof typeof SERVERS) => [{ $ref: `#/servers/${server}` }];
const POST = { http: { method: 'POST', bindingVersion: '0.3.0' } };

const DIALECTS =
  'El hub entrega acá. Se entiende `{topic, payload}`, `{topic, data}`, `{event, data}` y el contenido solo, con el tema en el encabezado `x-topic`.';

type ByHttp = Exclude<Destination, `amqp:${string}`>;

const HTTP_WAYS: Readonly<Record<ByHttp, Readonly<Record<Side, Omit<Way, 'message'>>>>> = {
  hub: {
    in: {
      channel: 'hub.callback',
      about: { address: '/callback', title: 'POST /callback', servers: at('callback'), description: DIALECTS },
      operation: POST,
    },
    out: {
      channel: 'hub.publish',
      about: { address: '/hub/publish', title: 'POST /hub/publish', servers: at('hub'), description: 'Lo que se publica en el hub.' },
      operation: POST,
    },
  },
  stripe: {
    in: {
      channel: 'stripe.webhook',
      about: {
        address: '/api/v1/webhooks/stripe',
        title: 'POST /api/v1/webhooks/stripe',
        servers: at('callback'),
        description: 'Lo que avisa Stripe, firmado. De cada aviso se lee lo que dice el esquema; el resto se ignora.',
      },
      operation: POST,
    },
    out: {
      channel: 'stripe.requests',
      about: {
        address: null,
        title: 'La interfaz de Stripe',
        servers: at('stripe'),
        description: 'Pedidos nuestros a Stripe: el transporte arma con cada uno una llamada; por el cable no viaja así.',
      },
      operation: {},
    },
  },
};

/** How a topic travels in or out. */
export function wayOf({ amqp, destination, name }: AnyTopic, side: Side): Way {
  if (amqp === undefined) return { ...HTTP_WAYS[destination as ByHttp][side], message: {} };
  const { exchange, routingKey } = amqp;
  const amqpVersion = { bindingVersion: '0.3.0' };
  return {
    channel: `${exchange}.${routingKey}`.replace(/[^\w.-]/g, '_'),
    about: {
      address: routingKey,
      title: `${routingKey} @ ${exchange}`,
      servers: at('rabbitmq'),
      bindings: {
        amqp: { is: 'routingKey', exchange: { name: exchange, type: 'topic', durable: true, autoDelete: false }, ...amqpVersion },
      },
    },
    operation:
      side === 'in'
        ? { amqp: { ack: true, ...amqpVersion } }
        : { amqp: { deliveryMode: 2, mandatory: true, timestamp: true, ...amqpVersion } },
    message: side === 'in' ? {} : { amqp: { contentEncoding: 'utf-8', messageType: name, ...amqpVersion } },
  };
}
