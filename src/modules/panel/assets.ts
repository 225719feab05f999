import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { Router } from 'express';

/** Name in the address → where it lies: our own beside this file, the others in the packages they come from. */
const SOURCES = {
  'panel.css': new URL('assets/panel.css', import.meta.url),
  'panel.js': new URL('assets/panel.js', import.meta.url),
  'chart.js': new URL('assets/chart.js', import.meta.url),
  'icon.svg': new URL('assets/icon.svg', import.meta.url),
  'htmx.js': 'htmx.org/dist/htmx.min.js',
  'uplot.js': 'uplot/dist/uPlot.iife.min.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
} as const;

export type AssetName = keyof typeof SOURCES;

export interface Assets {
  /** The address with the content's version in it, so that a browser may keep it for good. */
  url(name: AssetName): string;
  router: Router;
}

const KEPT = 'public, max-age=31536000, immutable';

/** Reads the panel's files, once. @throws Error when one is missing, so that a broken build does not start. */
export function loadAssets(base: string): Assets {
  const { resolve } = createRequire(import.meta.url);
  const files = new Map(
    Object.entries(SOURCES).map(([name, source]) => {
      const bytes = readFileSync(typeof source === 'string' ? resolve(source) : source);
      const version = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
      return [name, { bytes, zipped: gzipSync(bytes), version }];
    }),
  );
  const router = Router();
  router.get('/assets/:version/:name', (req, res, next) => {
    const file = files.get(req.params.name);
    if (file === undefined) return next();
    // While a new release rolls out, an instance may be asked for the other one's version: it gives what it has.
    res.set('Cache-Control', req.params.version === file.version ? KEPT : 'no-store');
    res.set('Cross-Origin-Resource-Policy', 'same-origin').vary('Accept-Encoding').type(req.params.name);
    const zipped = req.acceptsEncodings('gzip') === 'gzip';
    if (zipped) res.set('Content-Encoding', 'gzip');
    res.send(zipped ? file.zipped : file.bytes);
  });
  return { url: (name) => `${base}/assets/${files.get(name)?.version ?? ''}/${name}`, router };
}
