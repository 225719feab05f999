import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import type { Access, Endpoint, Raw } from './endpoint.ts';
import { problemSchema } from './schemas.ts';
import type { UploadLimits } from './uploads.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** The OpenAPI 3.1 document of these endpoints; nothing in it is written by hand but the words. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const one of endpoints) {
    const path = one.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [one.method]: operationOf(one) };
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'marketplace-service', version, description: 'El módulo marketplace de Deliver.ar.' },
      servers: [{ url: '/' }],
      paths,
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    { override: ({ jsonSchema, zodSchema }) => {
      if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
    } },
  );
}

function operationOf(one: Endpoint): ZodOpenApiOperationObject {
  const { tag, summary, description, access, params, query, method, path } = one;
  const note = access && `Quién puede: ${access.note}.`;
  return {
    tags: [tag],
    summary,
    operationId: `${method}${path.replace(/[^a-zA-Z0-9]+(\w)?/g, (_all, letter: string | undefined) => (letter ?? '').toUpperCase())}`,
    description: [description, note].filter(Boolean).join('\n\n') || undefined,
    security: access ? [{ token: [] }] : [],
    requestParams: { ...(params && { path: params }), ...(query && { query }) },
    requestBody: requestBodyOf(one),
    responses: responsesOf(one, access),
  };
}

function requestBodyOf({ body, form, example }: Endpoint): ZodOpenApiOperationObject['requestBody'] {
  if (body === undefined && form === undefined) return undefined;
  const content: Record<string, { schema: z.ZodType; example?: unknown }> = {};
  if (body) content['application/json'] = { schema: body, ...(example !== undefined && { example }) };
  if (form) content['multipart/form-data'] = { schema: formSchema(body, form) };
  return { required: body?.safeParse(undefined).success !== true, content };
}

/** File parts. JSON Schema has no word for bytes; this is OpenAPI 3.1's. A name that comes several times is a list. */
function fileParts({ maxFiles, maxBytes }: UploadLimits): z.ZodType {
  const size = `${Math.floor(maxBytes / 1024 / 1024)} MiB`;
  const bytes = { type: 'string' as const, contentMediaType: 'application/octet-stream' };
  if (maxFiles === 1) return z.string().meta({ override: { ...bytes, description: `Un archivo de hasta ${size}.` } });
  const description = `Hasta ${maxFiles} archivos de ${size} cada uno, todos con este mismo nombre de parte.`;
  return z.array(z.string()).meta({ override: { type: 'array', maxItems: maxFiles, items: bytes, description } });
}

/** Texts as parts of their own; without a body beside it the file is what the form is for. */
function formSchema(body: z.ZodType | undefined, form: UploadLimits): z.ZodType {
  const files = body === undefined ? fileParts(form) : fileParts(form).optional();
  const fields = body instanceof z.ZodObject ? body.shape : {};
  return z.object({ ...fields, [form.field]: files });
}

/** Where an endpoint has an answer of its own for a failure, the general one may come all the same. */
function responsesOf(one: Endpoint, access: Access<unknown> | undefined): ZodOpenApiResponsesObject {
  const responses = answersOf(one);
  for (const [status, problem] of Object.entries(problemsOf(one, access))) {
    const own = responses[status as `${1 | 2 | 3 | 4 | 5}${string}`] as typeof problem | undefined;
    responses[status as keyof typeof responses] = { ...problem, content: { ...own?.content, ...problem.content } };
  }
  return responses;
}

function answersOf({ answers, also }: Endpoint): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(answers).map(([status, kind]) => [
      status,
      'mediaType' in kind
        ? { description: kind.description, ...rawContent(kind) }
        : {
            description: WORDS[Number(status)] ?? 'Así sale bien.',
            content: { 'application/json': { schema: kind }, ...(also && status === '200' && rawContent(also).content) },
          },
    ]),
  );
}

/** The document names types without parameters; texts are texts, of everything else it says no more. */
function rawContent({ mediaType }: Raw): { content?: Record<string, { schema?: { type: 'string' } }> } {
  const types = [mediaType].flat().map((type) => type.split(';')[0] ?? '').filter((type) => type !== '');
  if (types.length === 0) return {};
  const schema = (type: string) => (type.startsWith('text/') ? { schema: { type: 'string' as const } } : {});
  return { content: Object.fromEntries(types.map((type) => [type, schema(type)])) };
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'La solicitud está mal: el mensaje dice qué corregir.',
  401: 'Falta el token, venció o fue revocado.',
  403: 'No tenés permiso.',
  404: 'No existe.',
  409: 'No se puede en el estado actual.',
  413: 'Es demasiado grande.',
  415: 'El formato del cuerpo no se admite.',
  429: 'Demasiadas solicitudes; `Retry-After` dice cuándo volver.',
  500: 'Error interno.',
  502: 'El otro sistema respondió con un error.',
  503: 'Ahora no se puede; hay que volver a intentarlo.',
  504: 'El otro sistema no respondió a tiempo.',
};

function problemsOf({ body, form, problems = [], run }: Endpoint, access: Access<unknown> | undefined) {
  const everywhere = run === undefined ? [] : [400, 429, 500, 503]; // what is served elsewhere says itself what it answers
  const statuses = new Set([...everywhere, ...problems]);
  if (access) for (const status of [401, 403]) statuses.add(status);
  if (run && (body ?? form)) for (const status of [413, 415]) statuses.add(status);
  const content = { 'application/problem+json': { schema: problemSchema } };
  const sorted = [...statuses].sort((a, b) => a - b);
  return Object.fromEntries(sorted.map((status) => [String(status), { description: WORDS[status] ?? 'Error.', content }]));
}
