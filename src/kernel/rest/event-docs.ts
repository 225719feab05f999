import { createRequire } from 'node:module';
import path from 'node:path';
import express, { Router } from 'express';
import helmet from 'helmet';

const PAGE = `<!doctype html>
<html lang="es">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>marketplace-service: los eventos</title>
  <link rel="icon" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/events/viewer/styles/default.min.css">
  <link rel="stylesheet" href="/docs/pages.css">
</head>
<body>
  <nav class="pages"><a href="/docs">REST</a> <b>Eventos</b></nav>
  <div id="ui"></div>
  <script src="/docs/events/viewer/browser/standalone/index.js"></script>
  <script src="/docs/events/start.js"></script>
</body>
</html>
`;

const START = `fetch('/docs/asyncapi.json')
  .then((answer) => answer.json())
  .then((schema) => {
    const config = { show: { sidebar: true, errors: true, messages: false, schemas: false }, sidebar: { showOperations: 'byOperationsTags' }, expand: { messageExamples: true } };
    AsyncApiStandalone.render({ schema, config }, document.getElementById('ui'));
  });
`;

/** What both viewers' pages share: the way from one to the other. */
const STYLE = `body { margin: 0; font-family: system-ui, sans-serif; }
nav.pages { padding: .6rem 1.25rem; background: #1b1b1b; color: #fff; }
nav.pages a { color: #9fd3ff; }
nav.pages a, nav.pages b { margin-right: 1rem; }
`;

/**
 * The viewer compiles its validators at run time (ajv), so this one page may evaluate code; it shows nothing but our
 * own document, and its other rules are those of every page.
 */
const mayEvaluate = helmet.contentSecurityPolicy({ directives: { 'script-src': ["'self'", "'unsafe-eval'"] } });

/** The document at `/docs/asyncapi.json` and its viewer at `/docs/events`, served from the package: it works offline. */
export function eventDocsRoutes(document: () => object): Router {
  const router = Router();
  let written: string | undefined;
  const viewer = path.dirname(createRequire(import.meta.url).resolve('@asyncapi/react-component/package.json'));
  router.get('/docs/asyncapi.json', (_req, res) => void res.type('json').send((written ??= JSON.stringify(document(), null, 2))));
  router.get('/docs/events', mayEvaluate, (_req, res) => void res.type('html').send(PAGE));
  router.get('/docs/events/start.js', (_req, res) => void res.type('js').send(START));
  router.get('/docs/pages.css', (_req, res) => void res.type('css').send(STYLE));
  for (const folder of ['browser/standalone', 'styles']) {
    router.use(`/docs/events/viewer/${folder}`, express.static(path.join(viewer, folder), { index: false, redirect: false }));
  }
  return router;
}
