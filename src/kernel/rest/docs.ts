import { createRequire } from 'node:module';
import path from 'node:path';
import express, { Router } from 'express';
import type { Endpoint } from './endpoint.ts';
import { openApiDocument } from './openapi.ts';

const PAGE = `<!doctype html>
<html lang="es">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>marketplace-service: la interfaz</title>
  <link rel="icon" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/swagger-ui.css">
  <link rel="stylesheet" href="/docs/pages.css">
</head>
<body>
  <nav class="pages"><b>REST</b> <a href="/docs/events">Eventos</a></nav>
  <div id="ui"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#ui', deepLinking: true, validatorUrl: null });\n`;

/** The document at `/docs/openapi.json` and its viewer at `/docs`, all of it served from here: it works offline. */
export function docsRoutes(endpoints: readonly Endpoint[], version: string): Router {
  const router = Router();
  const document = JSON.stringify(openApiDocument(endpoints, version), null, 2);
  const assets = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  router.get('/docs/openapi.json', (_req, res) => void res.type('json').send(document));
  router.get('/docs', (_req, res) => void res.type('html').send(PAGE));
  router.get('/docs/start.js', (_req, res) => void res.type('js').send(START));
  router.use('/docs', express.static(assets, { index: false, redirect: false }));
  return router;
}
