import assert from 'node:assert/strict';
import type { RequestListener, ServerResponse } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ValidateFunction } from 'ajv';
import type { OpenApiDocument } from '../../src/kernel/rest/openapi.ts';

export interface ContractCheck {
  listener: RequestListener;
  /** @throws AssertionError listing every answer that was outside the document. */
  assertKept(): void;
}

/** Pages for people; the document is about what programs read. */
const PAGES = /^\/(panel|docs)(\/|$)/;

type Operation = { responses: Record<string, { content?: Record<string, { schema?: object }> }> };

/**
 * Checks every answer of a listener against its OpenAPI document: path, method, status, media type and body.
 * @param document read when an answer is there, since a service gives its document when it runs; none, no check.
 */
export function checkContract(listener: RequestListener, document: () => OpenApiDocument | undefined): ContractCheck {
  const broken = new Set<string>();
  let judge: ReturnType<typeof createJudge> | undefined;
  return {
    listener(req, res) {
      const { method = 'GET', url = '/' } = req;
      const typeOf = recordType(res);
      const chunks = recordBody(res);
      res.on('finish', () => {
        const known = document();
        judge ??= known && createJudge(known);
        const { statusCode: status } = res;
        const answer = { status, type: typeOf(), body: Buffer.concat(chunks) };
        const problem = judge?.(method, url.split('?')[0] as string, answer);
        if (problem) broken.add(`${method} ${url} ${res.statusCode}: ${problem}`);
      });
      listener(req, res);
    },
    assertKept: () => assert.deepEqual([...broken], [], 'answers outside the OpenAPI document'),
  };
}

/** The callback gives its headers to `writeHead`, and then no header is found on the answer. */
function recordType(res: ServerResponse): () => string {
  let written: unknown;
  const { writeHead } = res;
  res.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    for (const given of args) if (typeof given === 'object' && given !== null) written ??= (given as Record<string, unknown>)['Content-Type'];
    return (writeHead as (...all: unknown[]) => ServerResponse).apply(this, args);
  };
  return () => {
    const type = res.getHeader('content-type') ?? written;
    return (typeof type === 'string' ? type : '').split(';')[0] ?? '';
  };
}

export interface Given {
  status: number;
  /** The media type, without its parameters. */
  type: string;
  body: Buffer;
}

function recordBody(res: ServerResponse): Buffer[] {
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const { write, end } = res;
  res.write = function (this: ServerResponse, ...args: unknown[]) {
    keep(args[0]);
    return (write as (...all: unknown[]) => boolean).apply(this, args);
  } as typeof write;
  res.end = function (this: ServerResponse, ...args: unknown[]) {
    keep(args[0]);
    return (end as (...all: unknown[]) => ServerResponse).apply(this, args);
  } as typeof end;
  return chunks;
}

/** What is wrong with an answer, or undefined. */
export function createJudge(document: OpenApiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema({ $id: 'api', ...document });
  const compiled = new Map<string, ValidateFunction>();
  const templates = Object.keys(document.paths ?? {}).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replace(/\./g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }));
  // A literal segment wins over a parameter, as it does in the router.
  templates.sort((a, b) => a.path.split('{').length - b.path.split('{').length);

  return (method: string, path: string, { status, type, body }: Given): string | undefined => {
    if (PAGES.test(path)) return undefined;
    if (type === 'text/html') return 'HTML';
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const known = templates.find(({ pattern }) => pattern.test(path));
    if (known === undefined || !(verb in (document.paths?.[known.path] ?? {}))) return offTheMap(method, known !== undefined, status);
    const operation = (document.paths?.[known.path] as Record<string, Operation>)[verb] as Operation;
    const answer = operation.responses[String(status)];
    if (answer === undefined) return 'this status is not in the document';
    if (answer.content === undefined) return body.length > 0 ? 'a body where none is documented' : undefined;
    if (method === 'HEAD') return undefined;
    const content = answer.content[type];
    if (content === undefined) return `media type ${type || 'none'} is not in the document`;
    if (content.schema === undefined || !type.endsWith('json')) return undefined;
    const pointer = ['paths', known.path, verb, 'responses', String(status), 'content', type, 'schema'];
    const ref = `api#/${pointer.map((part) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'))).join('/')}`;
    const validate = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, validate);
    return validate(JSON.parse(body.toString())) ? undefined : ajv.errorsText(validate.errors).slice(0, 500);
  };
}

/** Addresses and methods that the document does not have: refused, and nothing else. */
function offTheMap(method: string, pathKnown: boolean, status: number): string | undefined {
  if (method === 'OPTIONS' && status === 204) return undefined;
  const allowed = pathKnown ? [405, 400, 404] : [404, 400];
  return allowed.includes(status) ? undefined : 'an answer for something that is not in the document';
}
