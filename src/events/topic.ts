import type { z } from 'zod';

/** Where a topic travels at the broker. */
export interface AmqpRoute {
  /** Of type topic, durable. */
  exchange: string;
  /** The topic's name, unless it says otherwise. */
  routingKey: string;
  /** A command: while no queue takes it, it waits. A fact that nobody listens to is told all the same. */
  mustBeTaken: boolean;
}

/** A way out of the service: each has a relay of its own, so that one that is blocked blocks no other. */
export type Destination = 'hub' | 'stripe' | 'email' | 'push' | `amqp:${string}`;

export const atExchange = (exchange: string): Destination => `amqp:${exchange}`;

/**
 * A topic is one value: everything about a kind of message, declared once by the module that owns the fact.
 * Types, validation, deduplication, ordering, documentation and test fixtures all come from it.
 */
export interface Topic<Payload = unknown> {
  /** The name on the wire, to the letter. */
  readonly name: string;
  /** Other names for the same fact; they arrive under these and are handled as `name`. */
  readonly aliases: readonly string[];
  readonly direction: 'in' | 'out' | 'both';
  readonly description: string;
  /** Which relay sends it. */
  readonly destination: Destination;
  /** Set for what travels over the broker, in or out. */
  readonly amqp?: AmqpRoute;
  readonly schema: z.ZodType<Payload>;
  /** A valid payload, shown in the docs and used by tests. */
  readonly example: unknown;
  /**
   * The natural identity of the fact: equal keys are the same fact, for ever. Undefined for a message that asks for
   * something: each delivery of it is answered, unless the sender names the delivery and repeats it.
   */
  readonly key: (payload: Payload) => string | undefined;
  /** What the message is about (`pedido:12345`): messages of one subject keep their order and take one lock. */
  readonly subject: (payload: Payload) => string | undefined;
  /** Who publishes it, where that is not us; for the docs. That we publish it the direction says. */
  readonly producer?: string;
  /** Who takes it beside us, as far as the documents say; for the docs. Our own consumers are its subscriptions. */
  readonly consumers: readonly string[];
}

/** Payload types differ from topic to topic; each was checked where it was declared. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyTopic = Topic<any>;

type Definition<Payload> = Pick<Topic<Payload>, 'name' | 'direction' | 'description' | 'schema' | 'example'> &
  Partial<Pick<Topic<Payload>, 'aliases' | 'key' | 'subject' | 'destination' | 'producer' | 'consumers'>> & {
    amqp?: Pick<AmqpRoute, 'exchange'> & Partial<AmqpRoute>;
  };

export const defineTopic = <Payload>({ amqp, ...definition }: Definition<Payload>): Topic<Payload> => ({
  aliases: [],
  consumers: [],
  destination: amqp ? atExchange(amqp.exchange) : 'hub',
  key: () => undefined,
  subject: () => undefined,
  ...definition,
  ...(amqp && { amqp: { routingKey: definition.name, mustBeTaken: false, ...amqp } }),
});
