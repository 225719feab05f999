import amqp from 'amqplib';
import pg from 'pg';
import { until } from './poll.ts';

/** A message of ours as whoever listens at the broker gets it. */
export interface Heard {
  routingKey: string;
  message: { event: string; organization_id: string; data: Record<string, unknown> };
}

/** The other services' side of the stage: they tell, and they hear what we tell. */
export interface Broker {
  /** How messages travel, for the reader. */
  name: string;
  publish(exchange: string, routingKey: string, message: object): Promise<void>;
  /** Waits until one that fits was told. */
  hears(what: string, fits: (heard: Heard) => boolean): Promise<Heard>;
  heard(fits: (heard: Heard) => boolean): Promise<Heard[]>;
  close(): Promise<void>;
}

const OURS = ['order_events', 'inventory_commands'];

/** The broker of RABBITMQ_URL; without one, the outbox that stands in for it. */
export const openBroker = (rabbitmqUrl: string | undefined, databaseUrl: string): Promise<Broker> =>
  rabbitmqUrl ? overRabbit(rabbitmqUrl) : overOutbox(databaseUrl);

const waitingFor = (heard: Broker['heard']): Broker['hears'] => (what, fits) =>
  until(what, async () => (await heard(fits)).at(0));

async function overRabbit(url: string): Promise<Broker> {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  const all: Heard[] = [];
  for (const exchange of OURS) {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.bindQueue(queue, exchange, '#');
  }
  await channel.consume(
    queue,
    (delivery) => {
      if (delivery === null) return;
      const message = JSON.parse(delivery.content.toString()) as Heard['message'];
      all.push({ routingKey: delivery.fields.routingKey, message });
    },
    { noAck: true },
  );
  const heard: Broker['heard'] = async (fits) => all.filter(fits);
  return {
    name: 'RabbitMQ',
    async publish(exchange, routingKey, message) {
      channel.publish(exchange, routingKey, Buffer.from(JSON.stringify(message)), { persistent: true });
      await channel.waitForConfirms();
    },
    heard,
    hears: waitingFor(heard),
    close: () => connection.close(),
  };
}

/** What stands in for the broker in the service takes messages from the outbox, and keeps there what it sent. */
async function overOutbox(databaseUrl: string): Promise<Broker> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const heard: Broker['heard'] = async (fits) => {
    const { rows } = await client.query<Heard>(
      `SELECT topic AS "routingKey", payload AS message FROM outbox
       WHERE destination LIKE 'amqp:%' AND state = 'published' AND topic ~ '^(order|reservation)[.]' ORDER BY message_id`,
    );
    return rows.filter(fits);
  };
  return {
    name: 'local delivery, since RABBITMQ_URL is not set',
    async publish(exchange, routingKey, message) {
      await client.query(
        `INSERT INTO outbox (destination, topic, ordering_key, payload) VALUES ('amqp:' || $1, $2, $2, $3::json)`,
        [exchange, routingKey, JSON.stringify(message)],
      );
    },
    heard,
    hears: waitingFor(heard),
    close: () => client.end(),
  };
}
