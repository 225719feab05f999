/** A key function in words, for people who cannot read it. */
export interface KeyText {
  /** `{data.product_id}@{data.updated_at}`: what the key is made of, member by member. */
  template: string;
  /** Members that change the key without standing in it as they are. */
  dependsOn: string[];
  /** Where one of these is missing, or is not so (`origin = "us"`), there is no key. */
  onlyWhen: string[];
}

type Path = ReadonlyArray<string | number>;
type KeyOf = (payload: never) => string | undefined;

const HASH = /\b[0-9a-f]{64}\b/;

/**
 * What a key is made of, found by trying: each member of an example is changed by itself, and what the key does then
 * tells whether it stands in it, goes into a hash, or decides whether there is a key at all.
 * @param payload an example as the schema's output has it.
 * @returns undefined where the function never gives a key.
 */
export function keyText(keyOf: KeyOf, payload: unknown): KeyText | undefined {
  const plain = attempt(keyOf, payload);
  const present = leavesOf(payload);
  const absent = absentReads(keyOf, payload);
  const effects = [...present, ...absent].map((path) => ({ path, key: attempt(keyOf, marked(payload, [path])) }));
  const shown = effects.filter(({ path, key }) => key !== undefined && stands(path, key)).map(({ path }) => path);
  const template = attempt(keyOf, marked(payload, shown)) ?? plain;
  if (template === undefined) return undefined;
  const changing = effects.filter(({ path, key }) => key !== undefined && key !== plain && !stands(path, key));
  const dependsOn = collapsed(payload, new Set(changing.map(({ path }) => nameOf(path))));
  return {
    template: withNames(template, shown).replace(HASH, `hash(${dependsOn.join(', ')})`),
    dependsOn: HASH.test(template) ? [] : dependsOn,
    onlyWhen: [
      ...effects.filter(({ key }) => key === undefined && plain !== undefined).map(({ path }) => isAsIn(payload, path)),
      ...(plain === undefined ? shown.map(nameOf) : []),
    ],
  };
}

/** A function that cannot cope with a marker (it reads a date) depends on the member all the same. */
function attempt(keyOf: KeyOf, payload: unknown): string | undefined {
  try {
    return keyOf(payload as never);
  } catch {
    return 'unreadable';
  }
}

const isNode = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (!isNode(value)) return [path];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, stepOf(value, name)]));
}

const stepOf = (node: object, name: string): string | number => (Array.isArray(node) ? Number(name) : name);

/** Members that the function reads and the example lacks. */
function absentReads(keyOf: KeyOf, payload: unknown): Path[] {
  const absent = new Map<string, Path>();
  const watched = (value: unknown, path: Path): unknown => {
    if (!isNode(value)) return value;
    return new Proxy(value, {
      get(node, name) {
        if (typeof name === 'symbol' || name === 'toJSON') return Reflect.get(node, name) as unknown;
        const here = [...path, stepOf(node, name)];
        const member: unknown = Reflect.get(node, name);
        if (member === undefined) absent.set(nameOf(here), here);
        return watched(member, here);
      },
    });
  };
  attempt(keyOf, watched(payload, []));
  return [...absent.values()];
}

const nameOf = (path: Path): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('');

const markerOf = (path: Path): string => `{${nameOf(path)}}`;

/** The case of a marker may have been changed on the way. */
const stands = (path: Path, key: string): boolean => key.toLowerCase().includes(markerOf(path).toLowerCase());

const withNames = (template: string, paths: readonly Path[]): string =>
  paths.reduce((text, path) => {
    const at = text.toLowerCase().indexOf(markerOf(path).toLowerCase());
    return at < 0 ? text : text.slice(0, at) + markerOf(path) + text.slice(at + markerOf(path).length);
  }, template);

function marked(payload: unknown, paths: readonly Path[]): unknown {
  const copy: unknown = structuredClone(payload);
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce<unknown>((node, step) => (isNode(node) ? node[step] : undefined), copy);
    if (isNode(parent)) parent[path.at(-1) as string] = markerOf(path);
  }
  return copy;
}

/** A node all of whose leaves are among these stands for them. */
function collapsed(value: unknown, names: ReadonlySet<string>, path: Path = []): string[] {
  const leaves = leavesOf(value, path).map(nameOf);
  if (path.length > 0 && leaves.length > 0 && leaves.every((name) => names.has(name))) return [nameOf(path)];
  if (!isNode(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => collapsed(member, names, [...path, stepOf(value, name)]));
}

function isAsIn(payload: unknown, path: Path): string {
  const value = path.reduce<unknown>((node, step) => (isNode(node) ? node[step] : undefined), payload);
  return `${nameOf(path)} = ${JSON.stringify(value)}`;
}
