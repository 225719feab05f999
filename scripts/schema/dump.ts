import pg from 'pg';
import * as catalogue from './catalogue.ts';

const HEADING = `-- The schema that db/migrations make, for reading and for review; written by \`npm run schema\`, compared in CI.
-- Not for loading: the migrations make the schema, roles included.
`;

interface Relation {
  name: string;
  kind: 'r' | 'p' | 'v' | 'm' | 'S';
  unlogged: boolean;
  rowSecurity: boolean;
  forced: boolean;
  options: string | null;
  partitionKey: string | null;
  bound: string | null;
  parent: string | null;
  definition: string | null;
  /** Only where it is one of the service's roles: then it says whose rights a view has. */
  owner: string | null;
}

/** The lines of each table or function, by its name. */
type Lines = (owner: string) => string[];

/** The whole schema `public` as text, the same for every server that was migrated alike. */
export async function dumpSchema(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // One snapshot, and names without `public.` wherever they are found.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = public');
    return [HEADING, ...(await general(client)), ...(await functions(client)), ...(await relations(client)), await comments(client)]
      .filter(Boolean)
      .join('\n');
  } finally {
    await client.end();
  }
}

async function general(client: pg.Client): Promise<string[]> {
  const parts: string[] = [];
  for (const query of [catalogue.extensions, catalogue.types, catalogue.schemaGrants]) {
    const { all } = await linesOf(client, query);
    if (all.length > 0) parts.push(`${all.join('\n')}\n`);
  }
  return parts;
}

async function functions(client: pg.Client): Promise<string[]> {
  const definitions = await client.query<{ owner: string; line: string }>(catalogue.functions);
  const revokes = await linesOf(client, catalogue.functionRevokes);
  const grants = await linesOf(client, catalogue.functionGrants);
  return definitions.rows.map(({ owner, line }) =>
    [`${line.replace(/^(.*) public\./, '$1 ').trimEnd()};`, ...revokes.of(owner), ...grants.of(owner), ''].join('\n'),
  );
}

async function relations(client: pg.Client): Promise<string[]> {
  const found = await client.query<Relation>(catalogue.relations);
  const columns = await linesOf(client, catalogue.columns);
  const constraints = await linesOf(client, catalogue.constraints);
  const attached: Lines[] = [];
  for (const query of [
    catalogue.indexes,
    catalogue.statistics,
    catalogue.triggers,
    catalogue.policies,
    catalogue.relationGrants,
    catalogue.columnGrants,
  ]) {
    attached.push((await linesOf(client, query)).of);
  }
  return found.rows.map((relation) =>
    [
      create(relation, [...columns.of(relation.name), ...constraints.of(relation.name)], constraints.of(relation.name)),
      ...(relation.owner ? [`ALTER TABLE ${relation.name} OWNER TO ${relation.owner};`] : []),
      ...(relation.rowSecurity ? [`ALTER TABLE ${relation.name} ENABLE ROW LEVEL SECURITY;`] : []),
      ...(relation.forced ? [`ALTER TABLE ${relation.name} FORCE ROW LEVEL SECURITY;`] : []),
      ...attached.flatMap((of) => of(relation.name)),
      '',
    ].join('\n'),
  );
}

function create(relation: Relation, body: string[], ownConstraints: string[]): string {
  const { name, kind, parent, bound, definition } = relation;
  const options = relation.options ? ` WITH (${relation.options})` : '';
  if (kind === 'S') return `CREATE SEQUENCE ${name};`;
  if (definition) return `CREATE ${kind === 'm' ? 'MATERIALIZED ' : ''}VIEW ${name}${options} AS\n${withoutLonePrefix(definition)}`;
  const table = `CREATE ${relation.unlogged ? 'UNLOGGED ' : ''}TABLE ${name}`;
  const partitioned = relation.partitionKey ? ` PARTITION BY ${relation.partitionKey}` : '';
  const columns = (lines: string[]) => ` (\n${lines.map((line) => `  ${line}`).join(',\n')}\n)`;
  if (!parent) return `${table}${columns(body)}${partitioned}${options};`;
  const own = ownConstraints.length > 0 ? columns(ownConstraints) : '';
  return `${table} PARTITION OF ${parent}${own} ${bound}${partitioned}${options};`;
}

/** Up to PostgreSQL 15 the columns of a view over one table carry the table's name, later they do not. */
function withoutLonePrefix(definition: string): string {
  const table = /^ +FROM (\w+)(?:;|\n +WHERE )/m.exec(definition)?.[1];
  return table ? definition.replaceAll(new RegExp(`\\b${table}\\.`, 'g'), '') : definition;
}

async function comments(client: pg.Client): Promise<string> {
  const { all } = await linesOf(client, catalogue.comments);
  return all.length > 0 ? `${all.join('\n')}\n` : '';
}

async function linesOf(client: pg.Client, query: string): Promise<{ all: string[]; of: Lines }> {
  const { rows } = await client.query<{ owner: string; line: string }>(query);
  const byOwner = new Map<string, string[]>();
  for (const { owner, line } of rows) byOwner.set(owner, [...(byOwner.get(owner) ?? []), line]);
  return { all: rows.map(({ line }) => line), of: (owner) => byOwner.get(owner) ?? [] };
}
