import { SERVERS, wayOf, type Way } from './asyncapi-ways.ts';
import { describedEntry, titleOf } from './asyncapi-words.ts';
import { onTheWire, sidesOf, type Catalogue, type CatalogueEntry, type Side } from './catalogue.ts';
import { forDocument, ioOf, jsonSchemaOf, type JsonSchema } from './json-schema.ts';

interface Reference {
  $ref: string;
}

/** An AsyncAPI 3 document as far as it is made here. */
export interface AsyncApiDocument {
  asyncapi: '3.0.0';
  info: Record<string, unknown>;
  defaultContentType: string;
  servers: Record<string, unknown>;
  channels: Record<string, { messages: Record<string, Reference> } & Record<string, unknown>>;
  operations: Record<string, { messages: [Reference] } & Record<string, unknown>>;
  components: { messages: Record<string, AsyncApiMessage>; schemas: Record<string, JsonSchema> };
}

export interface AsyncApiMessage extends Record<string, unknown> {
  name: string;
  payload: JsonSchema;
  examples: Array<{ payload: unknown }>;
}

const INFO = `Todos los mensajes que el servicio recibe y publica, de los mismos esquemas con los que los valida. Los
campos que un esquema no nombra se ignoran cuando llegan y no se envían. Lo que JSON Schema no puede decir está en la
descripción de cada campo. La misma lista, para leer de corrido, está en docs/events.md; las direcciones REST, en
[/docs](/docs).`;

/** The AsyncAPI document of these topics; nothing in it is written by hand but the words. */
export function asyncApiDocument(catalogue: Catalogue, version: string): AsyncApiDocument {
  const contexts = [...new Set(catalogue.map(({ context }) => context))];
  const document: AsyncApiDocument = {
    asyncapi: '3.0.0',
    info: {
      title: 'marketplace-service',
      version,
      description: INFO.replaceAll('\n', ' '),
      tags: contexts.map((name) => ({ name, description: `El contexto ${name}.` })),
    },
    defaultContentType: 'application/json',
    servers: {},
    channels: {},
    operations: {},
    components: { messages: {}, schemas: {} },
  };
  for (const entry of catalogue) for (const side of sidesOf(entry.topic)) add(document, entry, side);
  for (const [name, server] of Object.entries(SERVERS)) {
    const used = Object.values(document.channels).some(({ servers }) => JSON.stringify(servers).includes(`/${name}"`));
    if (used) document.servers[name] = server;
  }
  return document;
}

function add(document: AsyncApiDocument, entry: CatalogueEntry, side: Side): void {
  const { channels, operations, components } = document;
  const way = wayOf(entry.topic, side);
  const id = unusedId(operations, `${entry.context}.${side}.${entry.topic.name}`);
  const { message, definitions } = messageOf(entry, side, id, way);
  Object.assign(components.schemas, definitions);
  components.messages[id] = message;
  const channel = (channels[way.channel] ??= { ...way.about, messages: {} });
  channel.messages[id] = { $ref: `#/components/messages/${id}` };
  operations[id] = {
    action: side === 'in' ? 'receive' : 'send',
    title: titleOf(entry, side),
    summary: entry.topic.description,
    channel: { $ref: `#/channels/${way.channel}` },
    messages: [{ $ref: `#/channels/${way.channel}/messages/${id}` }],
    tags: [{ name: entry.context }],
    bindings: way.operation,
  };
}

/** A context may have two readings of one name, at two addresses. */
function unusedId(taken: object, wanted: string, again = 1): string {
  const id = (again === 1 ? wanted : `${wanted}-${again}`).replace(/[^\w.-]/g, '_');
  return Object.hasOwn(taken, id) ? unusedId(taken, wanted, again + 1) : id;
}

function messageOf(entry: CatalogueEntry, side: Side, id: string, way: Way) {
  const { topic } = entry;
  const { schema, definitions } = forDocument(jsonSchemaOf(topic.schema, ioOf(side)), id);
  const message: AsyncApiMessage = {
    name: topic.name,
    title: topic.name,
    summary: topic.description,
    description: describedEntry(entry, side),
    contentType: 'application/json',
    tags: [{ name: entry.context }],
    payload: topic.destination === 'hub' ? wrapped(topic, side, schema) : schema,
    examples: [{ payload: onTheWire(topic, topic.example) }],
    bindings: way.message,
  };
  return { message, definitions };
}

function wrapped({ name, aliases }: CatalogueEntry['topic'], side: Side, payload: JsonSchema): JsonSchema {
  const names = side === 'in' ? [name, ...aliases] : [name];
  return {
    type: 'object',
    required: ['topic', 'payload'],
    properties: { topic: { type: 'string', enum: names }, payload },
  };
}
