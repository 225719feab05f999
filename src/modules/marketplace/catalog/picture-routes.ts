import { z } from 'zod';
import { notFound } from '../../../kernel/errors.ts';
import { endpoint, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { ModuleDeps } from '../../module.ts';
import { findPicture } from './pictures.ts';
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
export const pictureEndpoints = ({ database }: ModuleDeps): Endpoint[] => [
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
      const known = (req.get('if-none-match') ?? '').match(/[\da-f]{64}(?=")/g) ?? [];
      const picture = await database.transaction({ tenantId: 0 }, (trx) => findPicture(trx, imagenId, known));
      if (picture === undefined) throw notFound('La imagen no existe.');
      const headers = { ...HEADERS, ETag: `"${picture.sha256}"` };
      if (picture.bytes === null) return { status: 304 as const, headers, body: '' };
      return { status: 200 as const, headers: { ...headers, 'Content-Type': picture.mediaType }, body: picture.bytes };
    },
  }),
];
