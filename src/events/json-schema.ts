import { z } from 'zod';

/** JSON Schema (draft 7) as far as it is read here. */
export interface JsonSchema {
  type?: string | string[];
  $ref?: string;
  definitions?: Record<string, JsonSchema>;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema | JsonSchema[];
  additionalProperties?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  format?: string;
  pattern?: string;
  description?: string;
  /** What the service also checks and JSON Schema has no word for; see `jsonSchemaOf`. */
  'x-checks'?: string[];
}

/** What is accepted, or what is sent. */
export type Io = 'input' | 'output';

export const ioOf = (side: 'in' | 'out'): Io => (side === 'in' ? 'input' : 'output');

/**
 * A zod schema as JSON Schema. Rules that JSON Schema cannot say (a refinement, a conversion) stand in `x-checks` at
 * the node they are of: left out, the schema would promise more than the service keeps.
 */
export function jsonSchemaOf(schema: z.ZodType, io: Io): JsonSchema {
  const { $schema: _draft, ...root } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const node = jsonSchema as JsonSchema & { override?: unknown };
      const checks = [...(node['x-checks'] ?? []), ...unsaid(zodSchema, io)];
      if (checks.length > 0) node['x-checks'] = [...new Set(checks)];
      delete node.override; // a word of the OpenAPI generator's, not of JSON Schema
      // Of a moment the format says what its pattern says, in a line instead of seven.
      if (node.format === 'date-time') delete node.pattern;
    },
  });
  return root as JsonSchema;
}

/** What this very node checks or does beyond its JSON Schema. */
function unsaid({ _zod: { def } }: z.core.$ZodTypes, io: Io): string[] {
  const rules = (def.checks ?? []).flatMap((check) => ruleOf(check));
  return [...rules, ...conversionOf(def, io)];
}

/** The sentence it is refused with. Those of JSON Schema's own words (a length, a pattern) are in the schema. */
function ruleOf({ _zod: { def } }: z.core.$ZodCheck<never>): string[] {
  if (def.check !== 'custom') return [];
  const { path } = def as z.core.$ZodCustomDef & { path?: PropertyKey[] };
  const where = path?.length ? `${path.map(String).join('.')} ` : '';
  const sentence = def.error?.({ code: 'custom', input: undefined } as never);
  const text = typeof sentence === 'string' ? sentence : (sentence?.message ?? 'una regla propia');
  return [`«${where}${text}»`];
}

/** Of these zod knows no JSON Schema, and an empty one stands in their place. */
const UNSAYABLE = new Set(['custom', 'transform', 'date', 'bigint', 'symbol', 'undefined', 'void', 'map', 'set', 'nan']);

function conversionOf(def: z.core.$ZodTypes['_zod']['def'], io: Io): string[] {
  if (def.type === 'catch') return io === 'input' ? ['lo que no cumple vale como ausente'] : [];
  if (UNSAYABLE.has(def.type)) return ['su forma no se puede decir en JSON Schema'];
  if (def.type !== 'pipe' || io === 'output') return [];
  // Of a conversion the schema shows what goes in; where that is anything, what it has to become says more.
  const to = (def.out as z.core.$ZodTypes)._zod.def.type;
  const converted = KINDS[to];
  return takesAnything(def.in as z.core.$ZodTypes) && converted ? [`después tiene que ser ${converted}`] : [];
}

function takesAnything({ _zod: { def } }: z.core.$ZodTypes): boolean {
  return def.type === 'pipe' ? takesAnything(def.in as z.core.$ZodTypes) : def.type === 'unknown' || def.type === 'any';
}

const KINDS: Readonly<Record<string, string>> = { record: 'un objeto', object: 'un objeto', string: 'un texto', array: 'una lista' };

/** The same schema with what it refers to as it is read there, and every `x-checks` as part of a description. */
export function forDocument(schema: JsonSchema, prefix: string): { schema: JsonSchema; definitions: Record<string, JsonSchema> } {
  const { definitions = {}, ...root } = schema;
  const own = (name: string) => `${prefix}.${name}`.replace(/[^\w.-]/g, '_');
  const moved = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(moved);
    if (typeof node !== 'object' || node === null) return node;
    const { 'x-checks': checks, $ref, ...rest } = node as JsonSchema;
    const members = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, moved(value)]));
    if ($ref !== undefined) return { $ref: `#/components/schemas/${own($ref.replace('#/definitions/', ''))}` };
    if (checks === undefined) return members;
    const also = `Además se comprueba: ${checks.join('; ')}.`;
    return { ...members, description: [rest.description, also].filter(Boolean).join(' ') };
  };
  return {
    schema: moved(root) as JsonSchema,
    definitions: Object.fromEntries(
      Object.entries(definitions).map(([name, definition]) => [own(name), moved(definition) as JsonSchema]),
    ),
  };
}
