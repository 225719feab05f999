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
  smtp: {
    host: '{host}',
    protocol: 'smtp',
    title: 'El servidor de correo',
    description: 'Por acá salen los correos a los clientes.',
    variables: host('SMTP_URL de este servicio.', 'localhost:25'),
  },
  stripe: { host: 'api.stripe.com', protocol: 'https', title: 'Stripe', description: 'La pasarela de pagos.' },
} as const;

const at = (server: keyof typeof SERVERS) => [{ $ref: `#/servers/${server}` }];
const POST = { http: { method: 'POST', bindingVersion: '0.3.0' } };

const DIALECTS =
  'El hub entrega acá. Se entiende `{topic, payload}`, `{topic, data}`, `{event, data}` y el contenido solo, con el tema en el encabezado `x-topic`.';

type Direct = Exclude<Destination, `amqp:${string}`>;

const DIRECT_WAYS: Readonly<Record<Direct, Readonly<Partial<Record<Side, Omit<Way, 'message'>>>>>> = {
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
  email: {
    out: {
      channel: 'email',
      about: {
        address: null,
        title: 'El correo de un cliente',
        servers: at('smtp'),
        description: 'Pide mandar un correo: el transporte lo arma al enviarlo; por el cable no viaja así.',
      },
      operation: {},
    },
  },
  push: {
    out: {
      channel: 'push',
      about: { address: null, title: 'El teléfono de un cliente', description: 'Pide mandar un aviso; por el cable no viaja así.' },
      operation: {},
    },
  },
};

function directWay(destination: Direct, side: Side, name: string): Omit<Way, 'message'> {
  const way = DIRECT_WAYS[destination][side];
  if (way === undefined) throw new Error(`${name} cannot come in over ${destination}; say how in DIRECT_WAYS`);
  return way;
}

/** How a topic travels in or out. */
export function wayOf({ amqp, destination, name }: AnyTopic, side: Side): Way {
  if (amqp === undefined) return { ...directWay(destination as Direct, side, name), message: {} };
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
