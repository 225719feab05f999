import { keysOf, onTheWire, sidesOf, type Catalogue, type CatalogueEntry, type Side } from '../../src/events/catalogue.ts';
import { ioOf } from '../../src/events/json-schema.ts';
import { consumersIn, keyIn, producersIn, transportIn, wayIn, withoutKey } from './events-words.ts';
import { fieldsOf, type Field } from './fields.ts';

const HEAD = `# Topics

Every message that this service takes in and publishes, by context: at the hub, over RabbitMQ, from and to its payment
gateway. Made of the topics' own values: do not edit, run \`npm run docs\`. The same as AsyncAPI 3 is in
[asyncapi.json](asyncapi.json), with a viewer at \`/docs/events\`; whether a message of yours fits,
\`npm run contract -- <topic> <file.json>\` tells ([contracts.md](contracts.md)).

- **Fields** that a table does not name are ignored when they come in, and are not sent. What the service checks and a
  type cannot say stands below the table, with the words it is refused with.
- **The hub's** callback takes a message as \`{topic, payload}\`, \`{topic, data}\`, \`{event, data}\`, or as the payload itself
  with the topic in the header \`x-topic\`; what it answers is in \`openapi.json\`, what became of each is in \`operators.md\`.
- **RabbitMQ**: every exchange is a durable one of type topic, and the example is the message's body. Without a broker the
  same goes straight to the consumers within the process.
- **Dedupe key**: messages of one topic with equal keys (over RabbitMQ: and of one organization) are one fact, for each consumer
  by itself. The first counts; the same content again gets the same answer, other content is a conflict. A message
  without a key asks for something: each delivery is answered, unless the hub names the delivery and repeats it.
- **Ordering key**: what shares it is handled, and sent, in the order in which it came.
`;

/** Every topic with who publishes and takes it, its keys, fields and one example, as Markdown. */
export function eventsPage(catalogue: Catalogue): string {
  const contexts = [...new Set(catalogue.map(({ context }) => context))].map((context) => ({
    context,
    sections: anchored(catalogue.filter((entry) => entry.context === context).flatMap(sectionsOf).sort(byDirection)),
  }));
  const contents = contexts.flatMap(({ context, sections }) => [
    `\n**[${context}](#${context})**\n`,
    '| topic | direction | transport | producer | consumers |',
    '|---|---|---|---|---|',
    ...sections.map(row),
  ]);
  const chapters = contexts.flatMap(({ context, sections }) => [`## ${context}\n`, ...sections.map(section)]);
  return [HEAD, '## Contents', ...contents, '', ...chapters].join('\n');
}

interface Section {
  entry: CatalogueEntry;
  side: Side;
}

interface Anchored extends Section {
  /** Where the table of contents leads. */
  anchor: string;
}

const sectionsOf = (entry: CatalogueEntry): Section[] => sidesOf(entry.topic).map((side) => ({ entry, side }));

/** Incoming first; else as the modules list them. */
const byDirection = (one: Section, other: Section): number => one.side.localeCompare(other.side);

/** Anchors of our own, since a name may occur in several contexts, in both directions, and with several readings. */
function anchored(sections: readonly Section[]): Anchored[] {
  const used = new Map<string, number>();
  return sections.map(({ entry, side }) => {
    const { context, topic } = entry;
    const plain = [context, side, topic.name].join('-').toLowerCase().replace(/[^\w-]/g, '-');
    const again = (used.get(plain) ?? 0) + 1;
    used.set(plain, again);
    return { entry, side, anchor: again === 1 ? plain : `${plain}-${again}` };
  });
}

const row = ({ entry, side, anchor }: Anchored): string => {
  const { topic } = entry;
  const cells = [`[${topic.name}](#${anchor})`, side, wayIn(topic, side), producersIn(entry), consumersIn(entry)];
  return `| ${cells.map(cell).join(' | ')} |`;
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

function section({ entry, side, anchor }: Anchored): string {
  const { topic } = entry;
  const { dedupe, order } = keysOf(topic);
  const { fields, checks } = fieldsOf(topic.schema, ioOf(side));
  const facts: Array<[string, string]> = [
    ['direction', side === 'in' ? 'in: this service takes it' : 'out: this service publishes it'],
    ['transport', transportIn(topic, side)],
    ...(topic.aliases.length > 0 && side === 'in' ? [['also as', topic.aliases.map((alias) => `\`${alias}\``).join(', ')] as [string, string]] : []),
    ['producer', producersIn(entry)],
    ['consumers', consumersIn(entry)],
    ['dedupe key', dedupe ? keyIn(dedupe) : withoutKey(topic, side)],
    ['ordering key', order ? keyIn(order) : 'none'],
  ];
  return `<a id="${anchor}"></a>
### ${topic.name}

${topic.description}

| | |
|---|---|
${facts.map(([name, text]) => `| ${name} | ${cell(text)} |`).join('\n')}

| field | type | required |
|---|---|---|
${fields.map(({ path, type, required }) => `| \`${path}\` | ${cell(type)} | ${required ? 'yes' : 'no'} |`).join('\n')}
${alsoChecked(fields, checks)}
\`\`\`json
${JSON.stringify(onTheWire(topic, topic.example), null, 2)}
\`\`\`
`;
}

/** One line a rule, with the fields that it holds for. */
function alsoChecked(fields: readonly Field[], whole: readonly string[]): string {
  const rules = new Map<string, string[]>();
  for (const { path, checks } of fields) {
    for (const rule of checks) rules.set(rule, [...(rules.get(rule) ?? []), `\`${path}\``]);
  }
  for (const rule of whole) rules.set(rule, ['the message as a whole']);
  if (rules.size === 0) return '';
  return `\nAlso checked:\n\n${[...rules].map(([rule, where]) => `- ${rule}: ${where.join(', ')}`).join('\n')}\n`;
}
