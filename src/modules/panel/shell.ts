import express, { Router, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { forbidden, notFound } from '../../kernel/errors.ts';
import { textOf } from '../../kernel/html.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { PanelAnswer, PanelRoute, PanelSection, PanelUser, Visit } from '../../kernel/panel.ts';
import { sendStream } from '../../kernel/rest/stream.ts';
import { loadAssets } from './assets.ts';
import { errorPages } from './errors.ts';
import { page, type Frame } from './layout.ts';
import { loginRoutes } from './login.ts';
import { fromOurPage } from './same-origin.ts';
import type { Sessions } from './session.ts';
import { isScripted, visitOf, type SellerAccess } from './visit.ts';

export interface ShellOptions {
  base: string;
  sections: readonly PanelSection[];
  sessions: Sessions;
  sellers: SellerAccess;
  log: Logger;
}

/** No form of the panel is longer. */
const MAX_FORM_BYTES = 10_000;

/** Everything at `/panel`, from the headers to the last error page. */
export function panelShell({ base, sections, sessions, sellers, log }: ShellOptions): Router {
  const inOrder = [...sections].sort((a, b) => a.order - b.order);
  const assets = loadAssets(base);
  const frame: Frame = { base, assets, sections: inOrder };
  const router = Router();
  router.use(assets.router, ...headers, express.urlencoded({ extended: false, limit: MAX_FORM_BYTES }), onlyOurPages);
  router.use(loginRoutes(frame, sessions));
  router.get('/', async (req, res) => {
    await sessions.user(req);
    res.redirect(303, `${base}${inOrder[0]?.path ?? '/login'}`);
  });
  for (const section of inOrder) {
    for (const route of section.routes)
      router[route.method](route.path, serve(frame, section, route, sessions, sellers));
  }
  router.use(() => {
    throw notFound('La página no existe.');
  });
  router.use(errorPages(frame, log));
  return router;
}

/** Stricter than those of the REST interface: nothing comes from elsewhere, nothing is inline, nothing is kept. */
const headers: RequestHandler[] = [
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  }),
  // With no-referrer, browsers send `Origin: null` from our own forms.
  helmet.referrerPolicy({ policy: 'same-origin' }),
  (_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  },
];

const onlyOurPages: RequestHandler = (req, _res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD' || fromOurPage(req.headers, req.host)) return next();
  throw forbidden('Este pedido no vino de una página del panel. Volvé a abrirlo y probá de nuevo.');
};

const serve =
  (frame: Frame, section: PanelSection, route: PanelRoute, sessions: Sessions, sellers: SellerAccess): RequestHandler =>
  async (req, res) => {
    const user = await sessions.user(req);
    const visit: Visit = visitOf(req, user, sellers);
    const answer = await route.handle(visit);
    if ('unchanged' in answer) res.status(204).end();
    else if ('file' in answer) await sendFile(res, answer.file);
    else if ('goTo' in answer) goTo(res, `${frame.base}${answer.goTo}`, isScripted(req));
    else if ('part' in answer)
      res
        .status(answer.status ?? 200)
        .type('html')
        .send(textOf(answer.part));
    else res.type('html').send(await wholePage(frame, section, answer, user, sellers));
  };

async function sendFile(res: Response, file: Extract<PanelAnswer, { file: unknown }>['file']): Promise<void> {
  res.set({ 'Content-Type': file.mediaType, 'Content-Disposition': `attachment; filename="${file.name}"` });
  await sendStream(res, file.stream);
}

/** A browser follows a redirect; a script would fetch the page and put it where the part was to go. */
function goTo(res: Response, address: string, scripted: boolean): void {
  if (scripted) res.set('HX-Redirect', address).end();
  else res.redirect(303, address);
}

async function wholePage(
  frame: Frame,
  { path }: PanelSection,
  answer: Extract<PanelAnswer, { title: string }>,
  user: PanelUser,
  sellers: SellerAccess,
): Promise<string> {
  const { title, content, comercio, allSellers: all = false, keep = {} } = answer;
  const choice =
    comercio === undefined ? undefined : { sellers: await sellers.sellersOf(user), chosen: comercio, all, keep };
  return page(frame, { title, content, user, section: path, choice });
}
