/**
 * The schema as the catalogue tells it. Each query gives `owner` (the table, view, … a line belongs to) and `line`, sorted;
 * what differs between servers that were migrated alike (owners, versions, day partitions) is left out.
 */

/** Tables that are no part of the schema: Knex's own, and the event partitions that come and go with the days. */
const LEFT_OUT = "'^(schema_migrations.*|events_p[0-9].*)$'";
const OUR_ROLES = "ARRAY['marketplace_system', 'marketplace_tenant']";

/** Our objects of a catalogue: in `public`, not brought by an extension. */
const ours = (catalogue: string, oid: string, namespace: string) =>
  `${namespace} = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.deptype = 'e' AND e.classid = '${catalogue}'::regclass AND e.objid = ${oid})`;

const ourRelation = (name: string) => `${ours('pg_class', `${name}.oid`, `${name}.relnamespace`)} AND ${name}.relname !~ ${LEFT_OUT}`;

/** An access list spelt as GRANT, for our roles and PUBLIC; `on` is SQL that gives what it is granted on. */
const grants = (from: string, owner: string, ownerRole: string, privilege: string, on: string) => `
  SELECT owner, format('GRANT %s ON %s TO %s%s;', string_agg(privilege, ', ' ORDER BY privilege), target, grantee,
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS line
  FROM (
    SELECT ${owner} AS owner, ${privilege} AS privilege, ${on} AS target, a.is_grantable,
      CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END AS grantee
    FROM ${from} AND a.grantee <> ${ownerRole}
  ) granted
  WHERE grantee = 'PUBLIC' OR grantee = ANY (${OUR_ROLES})
  GROUP BY owner, target, grantee, is_grantable
  ORDER BY owner COLLATE "C", target COLLATE "C", grantee COLLATE "C", is_grantable`;

/** Identity and serial sequences belong to their table; others stand alone. */
const SEQUENCE_TABLE = `
  (SELECT t.relname FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
   WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('i', 'a'))`;

export const extensions = `
  SELECT extname AS owner, format('CREATE EXTENSION %I;', extname) AS line
  FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname COLLATE "C"`;

export const types = `
  SELECT typname AS owner, CASE typtype
    WHEN 'e' THEN format('CREATE TYPE %I AS ENUM (%s);', typname,
      (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
    ELSE format('CREATE DOMAIN %I AS %s%s;', typname, format_type(typbasetype, typtypmod), coalesce(' DEFAULT ' || typdefault, '')
      || CASE WHEN typnotnull THEN ' NOT NULL' ELSE '' END
      || coalesce((SELECT string_agg(' ' || pg_get_constraintdef(k.oid), '' ORDER BY conname) FROM pg_constraint k WHERE contypid = t.oid AND contype = 'c'), ''))
  END AS line
  FROM pg_type t WHERE typtype IN ('e', 'd') AND ${ours('pg_type', 't.oid', 't.typnamespace')} ORDER BY typname COLLATE "C"`;

export const functions = `
  SELECT p.oid::regprocedure::text AS owner, pg_get_functiondef(p.oid) AS line
  FROM pg_proc p WHERE prokind IN ('f', 'p') AND ${ours('pg_proc', 'p.oid', 'p.pronamespace')} ORDER BY p.oid::regprocedure::text COLLATE "C"`;

/** Everybody may call a function unless that was taken away. */
export const functionRevokes = `
  SELECT p.oid::regprocedure::text AS owner, format('REVOKE ALL ON FUNCTION %s FROM PUBLIC;', p.oid::regprocedure) AS line
  FROM pg_proc p WHERE ${ours('pg_proc', 'p.oid', 'p.pronamespace')} AND proacl IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM aclexplode(proacl) a WHERE a.grantee = 0) ORDER BY p.oid::regprocedure::text COLLATE "C"`;

export const functionGrants = grants(
  `pg_proc p, aclexplode(p.proacl) a WHERE ${ours('pg_proc', 'p.oid', 'p.pronamespace')}`,
  'p.oid::regprocedure::text', 'p.proowner', 'a.privilege_type', `'FUNCTION ' || p.oid::regprocedure::text`,
);

/** Tables, views and sequences of their own, with what stands before and after their columns. */
export const relations = `
  SELECT c.relname AS name, c.relkind AS kind, c.relpersistence = 'u' AS unlogged, c.relrowsecurity AS "rowSecurity",
    c.relforcerowsecurity AS "forced", array_to_string(c.reloptions, ', ') AS options, pg_get_partkeydef(c.oid) AS "partitionKey",
    pg_get_expr(c.relpartbound, c.oid) AS bound, (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid) AS parent,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
    CASE WHEN pg_get_userbyid(c.relowner) = ANY (${OUR_ROLES}) THEN pg_get_userbyid(c.relowner) END AS owner
  FROM pg_class c
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND ${ourRelation('c')} AND (c.relkind <> 'S' OR ${SEQUENCE_TABLE} IS NULL)
  ORDER BY c.relkind IN ('v', 'm'), c.relname COLLATE "C"`;

export const columns = `
  SELECT c.relname AS owner, format('%I %s', attname, format_type(atttypid, atttypmod))
    || CASE WHEN attcollation <> typcollation THEN ' COLLATE ' || attcollation::regcollation ELSE '' END
    || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
    || CASE attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY' ELSE '' END
    || CASE attgenerated WHEN 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(adbin, adrelid))
         WHEN 'v' THEN format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_get_expr(adbin, adrelid))
         ELSE coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '') END AS line
  FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid JOIN pg_type t ON t.oid = atttypid
  LEFT JOIN pg_attrdef d ON adrelid = c.oid AND adnum = attnum
  WHERE c.relkind IN ('r', 'p') AND ${ourRelation('c')} AND attnum > 0 AND NOT attisdropped ORDER BY c.relname COLLATE "C", attnum`;

/** Without NOT NULL, which stands at the column; PostgreSQL 18 lists it here too. */
export const constraints = `
  SELECT c.relname AS owner, format('CONSTRAINT %I %s', conname, pg_get_constraintdef(k.oid)) AS line
  FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid
  WHERE ${ourRelation('c')} AND contype IN ('p', 'u', 'c', 'f', 'x') AND conparentid = 0 AND conislocal
  ORDER BY c.relname COLLATE "C", position(contype::text IN 'pucfx'), conname COLLATE "C"`;

export const indexes = `
  SELECT c.relname AS owner, regexp_replace(pg_get_indexdef(i.indexrelid), ' ON (ONLY )?public[.]', ' ON ') || ';' AS line
  FROM pg_index i JOIN pg_class c ON c.oid = indrelid JOIN pg_class x ON x.oid = indexrelid
  WHERE ${ourRelation('c')} AND NOT x.relispartition AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = x.oid AND contype IN ('p', 'u', 'x'))
  ORDER BY c.relname COLLATE "C", x.relname COLLATE "C"`;

export const statistics = `
  SELECT c.relname AS owner, replace(pg_get_statisticsobjdef(s.oid), 'public.', '') || ';' AS line
  FROM pg_statistic_ext s JOIN pg_class c ON c.oid = stxrelid WHERE ${ourRelation('c')} ORDER BY c.relname COLLATE "C", stxname COLLATE "C"`;

export const triggers = `
  SELECT c.relname AS owner, pg_get_triggerdef(t.oid, true) || CASE WHEN tgenabled = 'O' THEN ';' ELSE format('; -- enabled: %s', tgenabled) END AS line
  FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
  WHERE ${ourRelation('c')} AND NOT tgisinternal AND tgparentid = 0 ORDER BY c.relname COLLATE "C", tgname COLLATE "C"`;

export const policies = `
  SELECT c.relname AS owner, format('CREATE POLICY %I ON %I%s%s TO %s', polname, c.relname,
      CASE WHEN polpermissive THEN '' ELSE ' AS RESTRICTIVE' END,
      CASE polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END,
      (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r)::text END, ', ' ORDER BY pg_get_userbyid(r)) FROM unnest(polroles) r))
    || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
    || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '') || ';' AS line
  FROM pg_policy p JOIN pg_class c ON c.oid = polrelid WHERE ${ourRelation('c')} ORDER BY c.relname COLLATE "C", polname COLLATE "C"`;

export const relationGrants = grants(
  `pg_class c, aclexplode(c.relacl) a WHERE ${ourRelation('c')}`,
  `coalesce(${SEQUENCE_TABLE}, c.relname)`, 'c.relowner', 'a.privilege_type',
  `CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END || quote_ident(c.relname)`,
);

export const columnGrants = grants(
  `pg_class c JOIN pg_attribute t ON attrelid = c.oid, aclexplode(t.attacl) a WHERE ${ourRelation('c')} AND NOT attisdropped`,
  'c.relname', 'c.relowner', `format('%s (%I)', a.privilege_type, attname)`, 'quote_ident(c.relname)',
);

export const schemaGrants = grants(
  `pg_namespace n, aclexplode(n.nspacl) a WHERE nspname = 'public' AND a.grantee <> 0`,
  'nspname', 'n.nspowner', 'a.privilege_type', `'SCHEMA ' || nspname`,
);

export const comments = `
  SELECT 'comments' AS owner, format('COMMENT ON %s %s IS %L;', regexp_replace(upper(o.type), '^TABLE (COLUMN|CONSTRAINT)$', '\\1'),
    replace(o.identity, 'public.', ''), description) AS line
  FROM pg_description d, pg_identify_object(classoid, objoid, objsubid) o
  WHERE (o.schema = 'public' OR o.identity ~ ' on public[.]') AND o.identity !~ 'schema_migrations|events_p[0-9]'
    AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.deptype = 'e' AND e.classid = classoid AND e.objid = objoid)
  ORDER BY o.identity COLLATE "C", o.type COLLATE "C"`;
