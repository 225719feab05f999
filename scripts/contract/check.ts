import { z } from 'zod';
import type { CatalogueEntry, Side } from '../../src/events/catalogue.ts';
import { ioOf, jsonSchemaOf } from '../../src/events/json-schema.ts';
import { fieldsOf, type Field } from '../docs/fields.ts';
import { unnamedMembers, type Extra } from './extras.ts';
import { nearNames } from './names.ts';
import { readPayload, type Problem } from './read.ts';

/** What came of checking one message against one side of a topic. */
export interface Finding {
  entry: CatalogueEntry;
  side: Side;
  problems: Problem[];
  /** Not wrong, and perhaps not meant. */
  notes: string[];
  /** Of a valid message. */
  keys?: { dedupe?: string; order?: string };
}

/** As the service would on receiving it, or as it is bound to on sending it. */
export function checkMessage(entry: CatalogueEntry, side: Side, bytes: Buffer, maxBytes: number): Finding {
  const { topic } = entry;
  const read = readPayload(topic, side, bytes, maxBytes);
  if ('problem' in read) return { entry, side, problems: [read.problem], notes: [] };
  const { payload } = read;
  const extras = unnamedMembers(jsonSchemaOf(topic.schema, ioOf(side)), payload);
  const { fields } = fieldsOf(topic.schema, ioOf(side));
  const parsed = parse(topic.schema, payload);
  const around = { payload, fields, extras, example: topic.example };
  const wrong = 'issues' in parsed ? parsed.issues.map((issue) => problemOf(issue, around)) : strangersIn(payload);
  const renamed = new Set(wrong.map(({ at }) => nearest(at, extras)?.at));
  const left = extras.filter(({ at }) => !renamed.has(at));
  const unsent = left.map((extra) => ({ at: extra.at, mend: `leave it out: the service never sends it${meant(extra, fields)}` }));
  const problems = side === 'out' ? [...wrong, ...unsent] : wrong;
  const notes = side === 'in' ? left.map((extra) => `${extra.at} is ignored: the service does not read it${meant(extra, fields)}`) : [];
  if (!('data' in parsed) || problems.length > 0) return { entry, side, problems, notes };
  return { entry, side, problems, notes, keys: { dedupe: topic.key(parsed.data), order: topic.subject(parsed.data) } };
}

/** The one rule that handlers have of a message alone: whose it is inside is whose it is outside. */
function strangersIn(payload: unknown): Problem[] {
  const [outside, inside] = [valueAt(payload, ['organization_id']), valueAt(payload, ['data', 'organization_id'])];
  if (typeof outside !== 'string' || typeof inside !== 'string' || outside === inside) return [];
  const says = `el mensaje es de ${outside} y sus datos de ${inside}`;
  return [{ at: 'data.organization_id', has: short(inside), says, mend: 'leave it out, or make it organization_id' }];
}

function parse(schema: z.ZodType, payload: unknown): { data: unknown } | { issues: z.core.$ZodIssue[] } {
  try {
    const parsed = schema.safeParse(payload);
    return parsed.success ? { data: parsed.data } : { issues: parsed.error.issues };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // nested deeper than the stack goes
    return { issues: [{ code: 'custom', path: [], message: `no se puede leer: ${error.message}`, input: undefined }] };
  }
}

interface Around {
  payload: unknown;
  fields: readonly Field[];
  extras: readonly Extra[];
  example: unknown;
}

function problemOf({ path, message }: z.core.$ZodIssue, { payload, fields, extras, example }: Around): Problem {
  const at = z.core.toDotPath(path);
  const value = valueAt(payload, path);
  const missing = value === undefined && path.length > 0;
  const misspelt = missing ? nearest(at, extras) : undefined;
  const model = valueAt(example, path.map((step) => (typeof step === 'number' ? 0 : step)));
  const field = fields.find((one) => plainPath(one.path) === plainPath(at));
  const wanted = path.length === 0 ? 'a JSON object' : (field?.type.replaceAll('`', '') ?? 'what the topic says');
  const ways = [
    field?.required === false ? 'leave it out, or ' : '',
    missing ? `add it: ${wanted}` : `make it ${wanted}`,
    model === undefined ? '' : `, as in the example: ${short(model)}`,
  ];
  return {
    at,
    has: missing ? 'nothing' : short(value),
    says: message,
    mend: misspelt ? `rename ${misspelt.at} to ${at}` : ways.join(''),
  };
}

/** `productos[3].cantidad`, `productos[].cantidad` and `productos[]` without their marks of lists. */
const plainPath = (path: string): string => path.replace(/\[\d*\]/g, '');

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('.'), 0));
const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** The member beside the missing one that nobody reads and that is called nearly so. */
function nearest(missing: string, extras: readonly Extra[]): Extra | undefined {
  const beside = extras.filter(({ at }) => parentOf(at) === parentOf(missing));
  const [name] = nearNames(lastOf(missing), beside.map(({ at }) => lastOf(at)));
  return beside.find(({ at }) => lastOf(at) === name);
}

/** A member that the message has not, and may have meant by this one. */
function meant({ at, beside }: Extra, fields: readonly Field[]): string {
  const absent = fields
    .map(({ path }) => plainPath(path))
    .filter((path) => parentOf(path) === parentOf(plainPath(at)) && !beside.includes(lastOf(path)));
  const [name] = nearNames(lastOf(at), absent.map(lastOf));
  return name === undefined ? '' : `; is ${name} meant?`;
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((node, step) => (typeof node === 'object' && node !== null ? (node as Record<PropertyKey, unknown>)[step] : undefined), value);

const SHOWN = 80;

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
