import type { Channel, ConsumeMessage } from 'amqplib';

export interface Acks {
  /** Of every delivery, in the order they came. */
  came(message: ConsumeMessage): void;
  done(message: ConsumeMessage): void;
  flush(): void;
}

/**
 * Tells the broker of what is done once all that was settled together is: one word for all up to the oldest that is
 * not done, one each for those behind it, which must not wait for that one. Says nothing more once it is `over`.
 */
export function createAcks(channel: Channel, over: AbortSignal): Acks {
  const open = new Set<number>();
  let finished: ConsumeMessage[] = [];

  const tell = (acknowledged: readonly ConsumeMessage[]) => {
    const [oldest = Infinity] = open;
    let last: ConsumeMessage | undefined;
    for (const message of acknowledged) {
      if (tagOf(message) > oldest) channel.ack(message);
      else if (last === undefined || tagOf(message) > tagOf(last)) last = message;
    }
    if (last) channel.ack(last, true);
  };

  const flush = () => {
    const acknowledged = finished;
    finished = [];
    if (over.aborted) return; // the broker gives them out again, and whoever has seen them knows them
    try {
      tell(acknowledged);
    } catch {
      // Its connection is being closed, and the library throws where nobody could catch it: they come again as well.
    }
  };

  return {
    came: (message) => void open.add(tagOf(message)),
    done(message) {
      open.delete(tagOf(message));
      if (finished.push(message) === 1) process.nextTick(flush);
    },
    flush,
  };
}

const tagOf = ({ fields }: ConsumeMessage): number => fields.deliveryTag;
