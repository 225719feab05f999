import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request that changes something comes from a page of ours. The cookie is SameSite=Lax already; this also
 * keeps out sibling subdomains and log-ins forced by others. Browsers say where a request comes from and scripts cannot
 * change what they say: `Sec-Fetch-Site` over https and on localhost, `Origin` everywhere. Whoever says neither is no
 * browser, and has the REST interface.
 * @param host as the browser knows it: a proxy's `X-Forwarded-Host` where proxies are trusted.
 */
export function fromOurPage(headers: IncomingHttpHeaders, host: string | undefined): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host;
}
