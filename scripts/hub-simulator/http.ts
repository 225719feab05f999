import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

/** What a route sees of a request; the body has been read to its end. */
export interface SimRequest {
  headers: IncomingHttpHeaders;
  /** What follows the question mark. */
  search: string;
  body: string;
}

/** What a route answers. */
export interface SimReply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Destroy the socket instead of answering. */
  drop?: boolean;
  /** Runs once the answer has left, or the connection has gone. */
  afterwards?: () => void;
}

export interface Route {
  method: string;
  path: string;
  /** One line for the self-description at GET /_sim. */
  about: string;
  handle: (request: SimRequest) => SimReply | Promise<SimReply>;
}

/** A request the simulator does not accept; the message goes to the caller. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** The request's body as a JSON object; anything else is refused with 400. */
export function jsonObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
  if (!isObject(value)) throw new Refusal(400, 'The body must be a JSON object.');
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks what a caller of the simulator's own addresses or functions gave. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (!result.success) throw new Refusal(400, z.prettifyError(result.error));
  return result.data;
}
