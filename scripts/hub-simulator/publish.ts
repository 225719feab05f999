import type { FaultControl, Faults, Verdict } from './faults.ts';
import { retryAfter } from './faults.ts';
import type { Route, SimReply, SimRequest } from './http.ts';
import { isObject, jsonObject, Refusal } from './http.ts';
import type { Journal, PublishedEvent } from './journal.ts';
import type { Pauses } from './pauses.ts';
import type { Tokens } from './tokens.ts';

export interface CoreHubParts {
  journal: Journal;
  faults: FaultControl;
  tokens: Tokens;
  pauses: Pauses;
  username?: string;
  password?: string;
  /** What another module does about an event once its publish is answered, with the faults of its arrival. */
  react: (event: PublishedEvent, faults: Faults) => (() => void) | undefined;
}

/** The core hub's own two addresses. */
export function coreHubRoutes(parts: CoreHubParts): Route[] {
  return [
    {
      method: 'POST',
      path: '/auth/login',
      about: '{username, password} -> {access_token}',
      handle: (request) => login(request, parts),
    },
    {
      method: 'POST',
      path: '/hub/publish',
      about: 'Authorization: Bearer <access_token>, {topic, payload}',
      handle: (request) => publish(request, parts),
    },
  ];
}

async function login(request: SimRequest, parts: CoreHubParts): Promise<SimReply> {
  const faults = parts.faults.current();
  // Faults that single out topics are about certain events, not about a hub that is slow as a whole.
  if (faults.delayMs && !faults.topics) await parts.pauses.pause(faults.delayMs);
  if (faults.loginStatus === 0) return { status: 0, drop: true };
  if (faults.loginStatus && faults.loginStatus >= 300) return failure(faults.loginStatus, faults);
  const { username, password } = jsonObject(request.body);
  if (!knows(parts, username, password)) return { status: 401, body: { error: 'Invalid credentials.' } };
  const token = await parts.tokens.issue(typeof username === 'string' ? username : 'anonymous');
  return { status: faults.loginStatus ?? 200, body: { access_token: token } };
}

function knows(parts: CoreHubParts, username: unknown, password: unknown): boolean {
  if (parts.password === undefined) return true;
  return password === parts.password && (parts.username === undefined || username === parts.username);
}

// Not an async function: without a delay everything happens in one turn, and order of arrival is order kept.
function publish(request: SimRequest, parts: CoreHubParts): SimReply | Promise<SimReply> {
  if (!parts.tokens.accepts(request.headers.authorization)) {
    return { status: 401, body: { error: 'A valid bearer token is needed: log in.' } };
  }
  const { topic, payload } = jsonObject(request.body);
  if (typeof topic !== 'string' || topic === '') throw new Refusal(400, 'topic must be a string.');
  if (!isObject(payload)) throw new Refusal(400, 'payload must be an object.');

  const faults = parts.faults.current(); // before judging: the last publish of `for` still has them
  const verdict = parts.faults.judge(topic);
  if (verdict.delayMs === 0) return settle(topic, payload, verdict, faults, parts);
  return parts.pauses.pause(verdict.delayMs).then(() => settle(topic, payload, verdict, faults, parts));
}

function settle(
  topic: string,
  payload: Record<string, unknown>,
  verdict: Verdict,
  faults: Faults,
  { journal, react }: CoreHubParts,
): SimReply {
  const event = verdict.received ? journal.append(topic, payload) : undefined;
  const afterwards = event && react(event, faults);
  if (verdict.drop) return { status: 0, drop: true, afterwards };
  if (!event) return failure(verdict.status, faults);
  return { status: verdict.status, body: { success: true, seq: event.seq }, afterwards };
}

function failure(status: number, faults: Faults): SimReply {
  const body = { error: `The hub simulator was told to answer ${status}.` };
  return { status, body, headers: retryAfter(status, faults) };
}
