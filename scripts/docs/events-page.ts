import type { Destination } from '../../src/events/topic.ts';
import type { Topics } from '../../src/modules/module.ts';
import { fieldsOf } from './fields.ts';

const HEAD = `# Topics

What this service takes in and what it publishes, at the hub, over RabbitMQ and from its payment gateway, from the
topics' own values: do not edit, run \`npm run docs\`. Fields that a table does not name are ignored when they come in,
and are not sent. What travels over RabbitMQ names its exchange (type topic, durable) and is the message's body as the
example shows it; without a broker it is delivered within the process. The callback takes a message as \`{topic, payload}\`, \`{topic, data}\`, \`{event, data}\`, or as the payload itself with the topic in the
header \`x-topic\`; what it answers is in \`openapi.json\`, what became of each is in \`operators.md\`.
`;

/** Every topic with its description, fields and one example, as Markdown. */
export function eventsPage(topics: Topics): string {
  const chapter = (title: string, direction: 'in' | 'out') => {
    const own = topics.filter((topic) => topic.direction === direction || topic.direction === 'both');
    return [`## ${title}\n`, ...own.map((topic) => section(topic, direction === 'in' ? 'input' : 'output'))];
  };
  return [HEAD, ...chapter('Incoming', 'in'), ...chapter('Outgoing', 'out')].join('\n');
}

function section(topic: Topics[number], io: 'input' | 'output'): string {
  const aliases =
    topic.aliases.length === 0 ? '' : `\nAlso as ${topic.aliases.map((alias) => `\`${alias}\``).join(', ')}.\n`;
  const rows = fieldsOf(topic.schema, io).map(
    ({ path, type, required }) => `| \`${path}\` | ${type.replaceAll('|', '\\|')} | ${required ? 'yes' : 'no'} |`,
  );
  return `### ${topic.name}

${topic.description}

${route(topic)}
${aliases}
| field | type | required |
|---|---|---|
${rows.join('\n')}

\`\`\`json
${JSON.stringify(topic.destination === 'hub' ? { topic: topic.name, payload: topic.example } : topic.example, null, 2)}
\`\`\`
`;
}

const PLACES: Partial<Record<Destination, string>> = { stripe: 'Stripe.', email: 'E-mail, over SMTP.', push: 'Push.' };

/** How it travels. */
function route({ amqp, destination, direction }: Topics[number]): string {
  if (amqp === undefined) return PLACES[destination] ?? 'Hub.';
  const held = amqp.mustBeTaken && direction !== 'in' ? '; it waits while no queue takes it' : '';
  return `RabbitMQ: exchange \`${amqp.exchange}\`, routing key \`${amqp.routingKey}\`${held}.`;
}
