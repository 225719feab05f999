import { keysOf, sidesOf, type Catalogue } from '../../src/events/catalogue.ts';
import { table } from '../admin/table.ts';
import { keyIn, transportIn, wayIn, withoutKey } from '../docs/events-words.ts';
import type { Finding } from './check.ts';
import type { Problem } from './read.ts';

/** Code marks are Markdown's; a terminal has none. */
const plain = (text: string): string => text.replaceAll('`', '');

export const listed = (catalogue: Catalogue): string =>
  table(
    catalogue.flatMap(({ topic, context }) => sidesOf(topic).map((side) => ({ topic, context, side }))),
    [
      { title: 'topic', value: ({ topic }) => [topic.name, ...topic.aliases].join(', ') },
      { title: 'direction', value: ({ side }) => side },
      { title: 'context', value: ({ context }) => context },
      { title: 'transport', value: ({ topic, side }) => plain(wayIn(topic, side)) },
      { title: 'what it says', value: ({ topic }) => topic.description, max: 70 },
    ],
  );

/** What came of one check, for people. */
export function told(finding: Finding, file: string): string {
  const { entry: { topic, context }, side, problems, notes } = finding;
  const does = side === 'in' ? 'in, taken' : 'out, published';
  const head = `${problems.length === 0 ? 'right' : 'WRONG'}  ${topic.name} (${does} by ${context}; ${plain(transportIn(topic, side))}): ${file}`;
  const lines = [...problems.flatMap(problemLines), ...notes.map((note) => `note: ${note}`), ...keyLines(finding)];
  return [head, ...lines.map((line) => `    ${line}`)].join('\n');
}

function problemLines({ at, has, says, mend }: Problem): string[] {
  const found = [has === undefined ? '' : `has ${has}`, says === undefined ? '' : `the service says «${says}»`];
  const first = [at || 'the message', found.filter(Boolean).join('; ')].filter(Boolean).join(': ');
  return [first, `    to mend it: ${mend}`];
}

function keyLines({ entry: { topic }, side, keys }: Finding): string[] {
  if (keys === undefined) return [];
  const { dedupe, order } = keysOf(topic);
  const line = (value: string | undefined, made: string | undefined, none: string) =>
    value === undefined ? plain(none) : `${value}${made === undefined ? '' : `   made of ${plain(made)}`}`;
  return [
    `dedupe key: ${line(keys.dedupe, dedupe && keyIn(dedupe), withoutKey(topic, side))}`,
    `ordering key: ${line(keys.order, order && keyIn(order), 'none')}`,
  ];
}
