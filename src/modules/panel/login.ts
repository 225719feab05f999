import { Router } from 'express';
import { AppError } from '../../kernel/errors.ts';
import { html, type Html } from '../../kernel/html.ts';
import { bare, type Frame } from './layout.ts';
import { comeBack } from './schemas.ts';
import type { Sessions } from './session.ts';

/** Logging in and out: plain forms, so that they work before any script does. */
export function loginRoutes(frame: Frame, sessions: Sessions): Router {
  const router = Router();
  const destination = comeBack(frame.base);
  const login = (form: LoginForm) => bare(frame, 'Iniciar sesión', loginForm(`${frame.base}/login`, form));

  router.get('/login', (req, res) => {
    const asked = req.query['volver'];
    const volver = destination.parse(asked);
    const problem = asked === undefined || volver === frame.base ? undefined : 'Iniciá sesión para seguir.';
    res.send(login({ volver, problem }));
  });

  router.post('/login', async (req, res) => {
    const { email, volver: asked } = (req.body ?? {}) as Record<string, unknown>;
    const volver = destination.parse(asked);
    try {
      await sessions.begin(req, res);
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      if (error.details.retryAfter !== undefined) res.set('Retry-After', String(error.details.retryAfter));
      const problem = error.status === 400 ? 'Escribí tu correo y tu contraseña.' : error.message;
      return void res
        .status(error.status)
        .send(login({ volver, problem, email: typeof email === 'string' ? email : '' }));
    }
    res.redirect(303, volver);
  });

  router.post('/logout', async (req, res) => {
    await sessions.end(req, res);
    res.redirect(303, `${frame.base}/login`);
  });
  return router;
}

interface LoginForm {
  volver: string;
  email?: string;
  problem?: string;
}

const loginForm = (action: string, { volver, email = '', problem }: LoginForm): Html =>
  html`${problem !== undefined && html`<p class="aviso error" role="alert">${problem}</p>`}
    <form method="post" action="${action}" class="formulario">
      <input type="hidden" name="volver" value="${volver}">
      <label for="email">Correo</label>
      <input id="email" name="email" type="email" autocomplete="username" required maxlength="1000" value="${email}"
        ${email === '' && html`autofocus`}>
      <label for="password">Contraseña</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1000"
        ${email !== '' && html`autofocus`}>
      <button class="principal">Entrar</button>
    </form>`;
