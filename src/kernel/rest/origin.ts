import type { Request } from 'express';

/** Any host name or address with a port; nothing else is put into an address we give out. */
const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i;

/**
 * What to put before one of our own paths in an answer, so that it works as it is on the page of whoever asks: scheme
 * and host as we were called (`TRUST_PROXY` decides whether a proxy is believed about them), since the page may be of
 * another origin. Nothing for a page that the browser says is of our own origin: a bare path then holds behind any
 * proxy, believed or not.
 */
export function originFor(req: Request): string {
  const { protocol, host } = req as { protocol: string; host?: string };
  if (req.get('sec-fetch-site') === 'same-origin') return '';
  const known = host !== undefined && HOST.test(host) && ['http', 'https'].includes(protocol);
  return known ? `${protocol}://${host}` : '';
}
