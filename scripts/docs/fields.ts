import type { z } from 'zod';
import { jsonSchemaOf, type Io, type JsonSchema } from '../../src/events/json-schema.ts';

export interface Field {
  /** `productos[].cantidad`; empty for the message as a whole. */
  path: string;
  type: string;
  required: boolean;
  /** What the type does not say and the service checks all the same. */
  checks: string[];
}

export interface Fields {
  /** Parents before children. */
  fields: Field[];
  /** Of the message as a whole. */
  checks: string[];
}

/** Every field of a message. @param io what is accepted, or what is sent. */
export function fieldsOf(schema: z.ZodType, io: Io): Fields {
  const root = jsonSchemaOf(schema, io);
  return { fields: membersOf(root, '', root.definitions ?? {}), checks: root['x-checks'] ?? [] };
}

type Definitions = Readonly<Record<string, JsonSchema>>;

function membersOf(node: JsonSchema, prefix: string, definitions: Definitions): Field[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, member]) => {
    const shape = withoutNull(member, definitions);
    const list = shape.type === 'array';
    const path = `${prefix}${name}${list ? '[]' : ''}`;
    const item = Array.isArray(shape.items) ? {} : (shape.items ?? {});
    const inner = list ? withoutNull(item, definitions) : shape;
    const required = node.required?.includes(name) ?? false;
    const checks = [...new Set([...checksOf(member), ...checksOf(shape), ...(list ? checksOf(inner) : [])])];
    return [{ path, type: typeOf(member, definitions), required, checks }, ...membersOf(inner, `${path}.`, definitions)];
  });
}

const checksOf = ({ 'x-checks': own = [], anyOf = [] }: JsonSchema): string[] => [...own, ...anyOf.flatMap(checksOf)];

/** What it is when it is not null, and what it refers to, unless that refers to itself. */
export function withoutNull(node: JsonSchema, definitions: Definitions): JsonSchema {
  const real = node.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  const one = real.length === 1 ? (real[0] as JsonSchema) : node;
  const target = one.$ref === undefined ? undefined : definitions[one.$ref.replace('#/definitions/', '')];
  return target === undefined || JSON.stringify(target).includes(one.$ref as string) ? one : target;
}

function typeOf(node: JsonSchema, definitions: Definitions): string {
  if (node.anyOf) return [...new Set(node.anyOf.map((one) => typeOf(one, definitions)))].join(' | ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(' | ');
  const target = withoutNull(node, definitions);
  if (target !== node) return typeOf(target, definitions);
  if (node.type === undefined) return 'any JSON';
  if (Array.isArray(node.type)) return node.type.join(' | ');
  return [node.type, node.format, boundsOf(node)].filter(Boolean).join(', ');
}

const UNSAFE = Number.MAX_SAFE_INTEGER;

function boundsOf(node: JsonSchema): string {
  const { minimum, maximum, pattern, format } = node;
  if (node.maxLength !== undefined) return `up to ${node.maxLength} characters`;
  if (node.type === 'array') return range(node.minItems, node.maxItems);
  if (pattern !== undefined && format === undefined) return `as \`${pattern}\``;
  return range(minimum === -UNSAFE ? undefined : minimum, maximum === UNSAFE ? undefined : maximum);
}

const range = (from?: number, to?: number): string =>
  from === undefined && to === undefined ? '' : `${from ?? ''}..${to ?? ''}`;
