import type { Request, RequestHandler } from 'express';
import type { z } from 'zod';
import type { UploadLimits } from './uploads.ts';
import { validate } from './validation.ts';

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete';

/** Who may call, and what is known of whoever does. The kernel knows neither tokens nor users. */
export interface Access<Caller> {
  /** As the document says it. */
  note: string;
  /** @throws AppError 401 or 403, which is the answer. */
  caller(token: string): Promise<Caller>;
}

/** An answer that is not JSON. */
export interface Raw {
  /** Several where an answer says by its own Content-Type which of them it is. */
  mediaType: string | readonly string[];
  description: string;
}

export type Answers = Readonly<Record<number, z.ZodType | Raw>>;

type BodyOf<Kind> = Kind extends z.ZodType ? z.input<Kind> : Buffer | string;

/** What a handler returns: one of the answers it declared. `stream` sends the body's text piece by piece instead. */
export type AnswerOf<A extends Answers> = {
  [Status in keyof A & number]: { status: Status; headers?: Record<string, string> } & (
    | { body: BodyOf<A[Status]> }
    | { stream: AsyncIterable<string> }
  );
}[keyof A & number];

export interface UploadedFile {
  name: string;
  /** As the sender declared it; it proves nothing. */
  mediaType: string;
  bytes: Buffer;
}

export interface Input<Caller, Params, Query, Body> {
  user: Caller;
  params: Params;
  query: Query;
  body: Body;
  files: readonly UploadedFile[];
  req: Request;
}

type Out<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

interface Described {
  method: Method;
  /** The whole path as Express writes it: `/api/sellers/:id`. */
  path: string;
  /** The chapter of the document. */
  tag: string;
  summary: string;
  description?: string;
  /** Another form of its 200, of which an answer says so by its own Content-Type. */
  also?: Raw;
  /** Statuses of problems this endpoint answers beside those that every one may: 403, 404, 409… */
  problems?: readonly number[];
  /** A multipart form may (or, without `body`, must) be sent. */
  form?: UploadLimits;
  /** A body as callers send it, for the document. */
  example?: unknown;
  /** Runs before anything else: rate limits. */
  before?: readonly RequestHandler[];
}

interface Spec<Caller, P, Q, B, A extends Answers> extends Described {
  access?: Access<Caller>;
  params?: P;
  query?: Q;
  body?: B;
  answers: A;
  handle(input: Input<Caller, Out<P>, Out<Q>, Out<B>>): Promise<AnswerOf<A>>;
}

/** An endpoint with its types worked into one function; the router mounts it and the document describes it. */
export interface Endpoint extends Described {
  access?: Access<unknown>;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  answers: Answers;
  /** Checks what came, answers. Absent for what is served elsewhere and only described here. */
  run?: (req: Request, caller: unknown) => Promise<AnswerOf<Answers>>;
}

/** One endpoint as one value: what the router mounts, what is validated and what the OpenAPI document says. */
export function endpoint<
  Caller = undefined,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  const A extends Answers = Answers,
>({ handle, ...spec }: Spec<Caller, P, Q, B, A>): Endpoint {
  const run = (req: Request, caller: unknown) =>
    handle({
      user: caller as Caller,
      params: checked(spec.params, req.params) as Out<P>,
      query: checked(spec.query, req.query) as Out<Q>,
      body: checked(spec.body, req.body) as Out<B>,
      files: filesOf(req),
      req,
    });
  return { ...spec, run };
}

export const ok = <Body>(body: Body, headers?: Record<string, string>) => ({ status: 200 as const, body, headers });
export const created = <Body>(body: Body) => ({ status: 201 as const, body });
export const accepted = <Body>(body: Body, headers?: Record<string, string>) => ({ status: 202 as const, body, headers });

const checked = (schema: z.ZodType | undefined, input: unknown): unknown =>
  schema === undefined ? undefined : validate(schema, input);

const filesOf = (req: Request): UploadedFile[] =>
  Array.isArray(req.files)
    ? req.files.map((file) => ({ name: file.originalname, mediaType: file.mimetype, bytes: file.buffer }))
    : [];
