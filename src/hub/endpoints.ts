import { z } from 'zod';
import type { Endpoint, Raw } from '../kernel/rest/endpoint.ts';

/** What a sender is told when there is something to say. */
const answer = z
  .object({
    success: z.boolean().meta({ description: '`true`: se aplicó, con una advertencia; `false`: no se aplicó.' }),
    message: z.string(),
    code: z.string().meta({ description: 'Una palabra estable, para programas.', examples: ['sin_stock'] }),
  })
  .meta({ id: 'RespuestaAlHub' });

const raw = (mediaType: string, description: string): Raw => ({ mediaType, description });

const tag = 'Hub';

const verification = {
  tag,
  query: z.object({
    topic: z.string().meta({ description: 'También `hub.topic`.', examples: ['pedido.creado'] }),
    challenge: z.string().meta({ description: 'También `hub.challenge`.', examples: ['7f5a24c1'] }),
    'hub.mode': z.enum(['subscribe', 'unsubscribe', 'denied']).optional(),
  }),
  answers: {
    200: raw('text/plain', 'El tema es nuestro: el challenge, y nada más.'),
    400: answer,
    404: answer,
    500: answer,
    503: answer,
  },
};

const body = z.unknown().meta({
  description:
    'Cuatro formas: `{topic, payload}`, `{topic, data}`, `{event, data}`, ' +
    'o el contenido solo, con el tema en `x-topic`.',
});

const delivery = {
  tag,
  summary: 'Entrega de un evento',
  description:
    'Se contesta cuando el evento quedó guardado con lo que fue de él. Repetirlo no hace daño: la primera respuesta ' +
    'se da de nuevo, con `Idempotent-Replay: true`. Con `HUB_SECRET`, cada entrega lleva `X-Hub-Signature`.',
  body,
  example: { topic: 'pedido.entregado', payload: { pedidoId: 'ORD_PHU998', estado: 'ENTREGADO' } },
  answers: {
    204: raw('', 'Aplicado.'),
    200: answer,
    400: answer,
    401: answer,
    413: answer,
    500: answer,
    503: answer,
  },
};

/**
 * The callback as the document shows it. It is described and not run here: the listener serves it before Express,
 * see `receiver.ts`. @param token with one, the address has it at its end, and the document does not tell it.
 */
export function callbackEndpoints(token: string | undefined): Endpoint[] {
  const paths = token === undefined ? ['/callback', '/'] : ['/callback/:token'];
  // Another token is an address that nobody serves.
  const behind = token === undefined ? {} : { params: z.object({ token: z.string() }), problems: [404] };
  return paths.flatMap((path): Endpoint[] => [
    { ...verification, ...behind, path, method: 'get', summary: 'Verificación de una suscripción' },
    { ...verification, ...behind, path, method: 'head', summary: 'Verificación de una suscripción, sin cuerpo' },
    { ...delivery, ...behind, path, method: 'post' },
  ]);
}
