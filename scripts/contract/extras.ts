import type { JsonSchema } from '../../src/events/json-schema.ts';
import { withoutNull } from '../docs/fields.ts';

/** A member that the schema does not name, and those that it has beside it. */
export interface Extra {
  at: string;
  beside: string[];
}

/**
 * Members of a message that its schema does not name, each once for all items of a list. What may be of any kind, or
 * of several, is not looked into.
 */
export function unnamedMembers(schema: JsonSchema, message: unknown): Extra[] {
  const definitions = schema.definitions ?? {};
  const found = new Map<string, Extra>();
  const look = (given: JsonSchema, value: unknown, at: string): void => {
    const node = withoutNull(given, definitions);
    if (Array.isArray(value)) {
      if (node.items && !Array.isArray(node.items)) for (const [index, item] of value.entries()) look(node.items, item, `${at}[${index}]`);
      return;
    }
    if (typeof value !== 'object' || value === null || node.properties === undefined) return;
    const named = new Map(Object.entries(node.properties));
    const open = node.additionalProperties !== undefined && node.additionalProperties !== false;
    for (const [name, member] of Object.entries(value)) {
      const here = at === '' ? name : `${at}.${name}`;
      const inner = named.get(name);
      if (inner) look(inner, member, here);
      else if (!open && !found.has(anyItem(here))) found.set(anyItem(here), { at: here, beside: Object.keys(value) });
    }
  };
  look(schema, message, '');
  return [...found.values()];
}

const anyItem = (path: string): string => path.replace(/\[\d+\]/g, '[]');
