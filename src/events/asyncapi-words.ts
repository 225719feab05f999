import { keysOf, OURSELVES, type CatalogueEntry, type Side } from './catalogue.ts';
import type { KeyText } from './key-text.ts';

export const titleOf = ({ topic, takers }: CatalogueEntry, side: Side): string =>
  side === 'in' ? [topic.name, ...queuesOf(takers).map((queue) => `← ${queue}`)].join(' ') : topic.name;

const queuesOf = (takers: CatalogueEntry['takers']): string[] => [...new Set(takers.flatMap(({ queue }) => queue ?? []))];

/** Who sends it and who takes it, and its keys, as a list of Markdown. */
export function describedEntry(entry: CatalogueEntry, side: Side): string {
  const { topic, producers } = entry;
  const { dedupe, order } = keysOf(topic);
  const aliases = side === 'in' && topic.aliases.length > 0 ? [`También llega como ${topic.aliases.map(code).join(', ')}.`] : [];
  const lines = [
    ...aliases,
    `Publica: ${producers.join(', ') || 'quien lo tenga para contar'}.`,
    `Recibe: ${receiversOf(entry).join(', ') || 'quien se suscriba'}.`,
    `Clave contra repeticiones: ${dedupe ? keyWords(dedupe) : withoutKey(topic, side)}.`,
    `Clave de orden: ${order ? keyWords(order) : 'ninguna'}.`,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Our own consumers, each with its queue, then the others. */
const receiversOf = ({ takers, consumers }: CatalogueEntry): string[] => [
  ...takers.map(({ subscriber, queue }) => `${OURSELVES} (${subscriber}${queue ? `, cola ${code(queue)}` : ''})`),
  ...consumers,
];

const code = (text: string): string => `\`${text}\``;

function keyWords({ template, dependsOn, onlyWhen }: KeyText): string {
  const more = dependsOn.length > 0 ? `, según ${dependsOn.map(code).join(', ')}` : '';
  const when = onlyWhen.length > 0 ? `, solo si ${onlyWhen.map(code).join(' y ')}` : '';
  return `${code(template)}${more}${when}`;
}

/** What takes a message's place of a key where its topic declares none. */
function withoutKey({ amqp, destination }: CatalogueEntry['topic'], side: Side): string {
  if (side === 'in') return 'ninguna: se contesta cada entrega';
  if (amqp) return 'la propiedad `message_id`, igual cuando se reenvía';
  return destination === 'hub' ? 'ninguna: sale al menos una vez y puede repetirse' : 'ninguna';
}
