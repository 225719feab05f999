import { hash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from '../events/dispatcher.ts';
import type { Verdict } from '../events/outcome.ts';
import { BodyTooLarge, readBody, securityHeaders } from '../kernel/http.ts';
import type { Logger } from '../kernel/logger.ts';
import { maskedJson } from '../kernel/mask.ts';
import { readMessage, readVerification } from './dialects.ts';
import { isSigned } from './signature.ts';

export interface ReceiverOptions {
  dispatcher: Dispatcher;
  log: Logger;
  /** Who consumes what the hub delivers. */
  subscriber: string;
  /** Whether a topic is one that we take; a subscription check for another one is answered 404. */
  isOurs: (topic: string) => boolean;
  /** Secrets of a hub that signs; when there are any, every delivery must be signed. */
  secrets: readonly string[];
  maxBodyBytes: number;
  /** So many deliveries are worked on at once; more would fill the memory, and running out of it loses them all. */
  maxWaiting: number;
  /** Told of every answer: its status, and the seconds it took. */
  answered: (status: number, seconds: number) => void;
}

export type Receiver = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * The callback: a plain request listener, since Express costs more per request than all the rest of the work here.
 * It answers after the event's own COMMIT, with the codes of the source document: 204 done, 200 with a word, 500 failed.
 * When too many wait, the next is turned away with 503 and `Retry-After`, before its body is read.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { dispatcher, log } = options;
  const headers = { ...securityHeaders(), 'Cache-Control': 'no-store' };

  const answer = (res: ServerResponse, status: number, body?: object | string, extra: Record<string, string> = {}) => {
    if (body === undefined) return void res.writeHead(status, { ...headers, ...extra }).end();
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
    res.writeHead(status, { ...headers, ...extra, 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text);
  };
  const refuse = (res: ServerResponse, status: number, code: string, message: string, extra?: Record<string, string>) =>
    answer(res, status, { success: false, message, code }, extra);

  const verify = (req: IncomingMessage, res: ServerResponse) => {
    const verification = readVerification(new URL(req.url ?? '/', 'http://callback').searchParams);
    if (verification === undefined) return refuse(res, 400, 'faltan_parametros', 'Faltan los parámetros topic y challenge.');
    const { mode, topic, challenge } = verification;
    log.info(`[HUB VERIFICATION] Topic: ${forLog(topic)}, Challenge: ${forLog(challenge)}`);
    if (mode === 'denied') {
      log.warn(`[HUB VERIFICATION] the hub denies ${forLog(topic)}`);
      return answer(res, 200, '');
    }
    // We never ask a hub to end a subscription at the plain callback, so a check that would end one is not ours.
    if (mode === 'unsubscribe' || !options.isOurs(topic)) return refuse(res, 404, 'tema_desconocido', `El tema ${topic} no es nuestro.`);
    answer(res, 200, challenge);
  };

  let waiting = 0;
  let turnedAway = 0;
  const deliverOrTurnAway = async (req: IncomingMessage, res: ServerResponse) => {
    if (waiting >= options.maxWaiting) {
      if (turnedAway++ % 1000 === 0) log.warn(`[HUB EVENT RECEIVED] ${waiting} events wait; what comes now has to come again`);
      req.resume();
      return refuse(res, 503, 'sobrecargado', 'Hay demasiados eventos en espera; reintente.', { 'Retry-After': '1' });
    }
    waiting += 1;
    try {
      await deliver(req, res);
    } finally {
      waiting -= 1;
    }
  };

  const deliver = async (req: IncomingMessage, res: ServerResponse) => {
    const raw = await readBody(req, options.maxBodyBytes);
    const signature = req.headers['x-hub-signature'];
    if (options.secrets.length > 0 && !isSigned(raw, typeof signature === 'string' ? signature : undefined, options.secrets)) {
      return refuse(res, 401, 'firma_invalida', 'La firma X-Hub-Signature falta o no es correcta.');
    }
    const text = raw.toString('utf8');
    const body = parseJson(text);
    if (body === undefined) return refuse(res, 400, 'no_es_json', 'El cuerpo no es JSON.');
    const { topic, payload } = readMessage(body, req.headers);
    log.info(`[HUB EVENT RECEIVED] Topic: ${forLog(topic)}`);
    log.info(`[HUB EVENT RECEIVED] Body: ${maskedJson(payload)}`);
    tell(res, await dispatcher.receive({
      source: 'hub',
      subscriber: options.subscriber,
      organization: '',
      receivedTopic: topic,
      raw: text,
      payload,
      deliveryId: deliveryIdOf(req.headers['x-hub-notification-id']),
      traceId: randomUUID(),
    }));
  };

  const tell = (res: ServerResponse, verdict: Verdict) => {
    const extra = verdict.replay ? { 'Idempotent-Replay': 'true' } : undefined;
    if (verdict.answer === null) return answer(res, 204, undefined, extra);
    answer(res, verdict.state === 'failed' ? 500 : 200, verdict.answer, extra);
  };

  return async (req, res) => {
    const begun = performance.now();
    res.once('finish', () => options.answered(res.statusCode, (performance.now() - begun) / 1000));
    try {
      if (req.method === 'GET' || req.method === 'HEAD') return verify(req, res);
      if (req.method === 'POST') return await deliverOrTurnAway(req, res);
      refuse(res, 405, 'metodo_no_permitido', 'Use GET, HEAD o POST.', { Allow: 'GET, HEAD, POST' });
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        req.resume(); // what is still coming is read and dropped, or the sender would see a reset instead of the answer
        return refuse(res, 413, 'demasiado_grande', `El cuerpo supera ${options.maxBodyBytes} bytes.`, { Connection: 'close' });
      }
      if (res.headersSent || res.destroyed) return;
      log.error(`[HUB EVENT RECEIVED] ${(error as Error).message}`);
      refuse(res, 500, 'error_interno', 'No se pudo recibir el evento.');
    }
  };
}

/** The hub's own name of this delivery. A long one is hashed: no index of Postgres takes a key of kilobytes. */
function deliveryIdOf(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  return header.length <= 200 ? header : hash('sha256', header);
}

/** Anybody can call the callback: what was sent must not break out of its line of the log, nor flood it. */
const forLog = (text: string): string => text.slice(0, 200).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
