import type { Route } from './http.ts';

/** The place of the W3C WebSub hub: subscriptions, their verification with `hub.` names, and Link headers. */
export function w3cHubRoutes(): Route[] {
  const about = 'the W3C WebSub hub (comes later: 501)';
  const handle = (): { status: number; body: unknown } => ({
    status: 501,
    body: { error: 'The W3C hub comes later; the core hub is at /auth/login and /hub/publish.' },
  });
  return [
    { method: 'GET', path: '/hub', about, handle },
    { method: 'POST', path: '/hub', about, handle },
  ];
}
