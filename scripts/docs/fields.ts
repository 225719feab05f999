import { z } from 'zod';

/** A JSON Schema as far as a table of fields shows it. */
interface Node {
  type?: string | string[];
  $ref?: string;
  $defs?: Record<string, Node>;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  additionalProperties?: boolean | Node;
  anyOf?: Node[];
  enum?: unknown[];
  const?: unknown;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  format?: string;
}

export interface Field {
  /** `productos[].cantidad` */
  path: string;
  type: string;
  required: boolean;
}

/** Every field of a message, parents before children. @param io what is accepted, or what is sent. */
export function fieldsOf(schema: z.ZodType, io: 'input' | 'output'): Field[] {
  const root = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Node;
  return membersOf(root, '');
}

function membersOf(node: Node, prefix: string): Field[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, member]) => {
    const shape = withoutNull(member);
    const list = shape.type === 'array';
    const path = `${prefix}${name}${list ? '[]' : ''}`;
    const inner = list ? withoutNull(shape.items ?? {}) : shape;
    const field = { path, type: typeOf(member), required: node.required?.includes(name) ?? false };
    return [field, ...membersOf(inner, `${path}.`)];
  });
}

const withoutNull = (node: Node): Node => {
  const real = node.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  return real.length === 1 ? (real[0] as Node) : node;
};

function typeOf(node: Node): string {
  if (node.anyOf) return [...new Set(node.anyOf.map(typeOf))].join(' | ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (node.$ref !== undefined || node.type === undefined) return 'any JSON';
  if (Array.isArray(node.type)) return node.type.join(' | ');
  return [node.type, node.format, boundsOf(node)].filter(Boolean).join(', ');
}

const UNSAFE = Number.MAX_SAFE_INTEGER;

function boundsOf(node: Node): string {
  if (node.maxLength !== undefined) return `up to ${node.maxLength} characters`;
  if (node.type === 'array') return range(node.minItems, node.maxItems);
  const { minimum, maximum } = node;
  return range(minimum === -UNSAFE ? undefined : minimum, maximum === UNSAFE ? undefined : maximum);
}

const range = (from?: number, to?: number): string =>
  from === undefined && to === undefined ? '' : `${from ?? ''}..${to ?? ''}`;
