import { z } from 'zod';
import type { Database } from '../../../kernel/database.ts';
import { notFound } from '../../../kernel/errors.ts';
import { endpoint, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { ModuleDeps } from '../../module.ts';
import { createContents, findPicture } from './pictures.ts';
import { PICTURES_PATH } from './read-model.ts';

/** A picture's address never shows anything else: a new picture has a new one. */
const HEADERS = {
  'Cache-Control': 'public, max-age=31536000, immutable',
  'Cross-Origin-Resource-Policy': 'cross-origin', // pages of other origins show it
  'X-Content-Type-Options': 'nosniff',
  'Content-Disposition': 'inline',
  // Opened by itself, it can do nothing, whatever else than a picture its bytes might be taken for.
  'Content-Security-Policy': "default-src 'none'; sandbox",
};

const MEDIA_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** Pictures of products, for whoever has their address: `<img>` sends no token. */
export const pictureEndpoints = ({ database }: ModuleDeps): Endpoint[] => [picture(database, createContents(database))];

const picture = (database: Database, contentOf: ReturnType<typeof createContents>): Endpoint =>
  endpoint({
    method: 'get',
    path: `${PICTURES_PATH}:imagenId`,
    tag: 'Productos',
    summary: 'La imagen de un producto',
    description: 'Sin token: la dirección, que nadie puede adivinar, es la que está en `imagenes`.',
    params: z.object({ imagenId: z.uuid('no es un identificador válido.') }),
    answers: {
      200: { mediaType: MEDIA_TYPES, description: 'La imagen, con el tipo de su contenido.' },
      304: { mediaType: '', description: 'Sigue siendo la que ya tenés.' },
    },
    problems: [404],
    async handle({ params: { imagenId }, req }) {
      const found = await database.transaction({ tenantId: 0 }, (trx) => findPicture(trx, imagenId));
      if (found === undefined) throw missing();
      const headers = { ...HEADERS, ETag: `"${found.sha256}"` };
      const known = (req.get('if-none-match') ?? '').match(/[\da-f]{64}(?=")/g) ?? [];
      if (known.some((hash) => hash === found.sha256)) return { status: 304 as const, headers, body: '' };
      const body = await contentOf(found, imagenId);
      if (body === undefined) throw missing();
      return { status: 200 as const, headers: { ...headers, 'Content-Type': found.mediaType }, body };
    },
  });

const missing = () => notFound('La imagen no existe.');
