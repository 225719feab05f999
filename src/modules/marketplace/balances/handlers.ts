import { done, refused, type Outcome } from '../../../events/outcome.ts';
import { answerRequest, findRequest, openRequestsAbout, type PendingRequest } from '../../../events/requests.ts';
import type { Work } from '../../../events/work.ts';
import { shownError } from './rules.ts';
import { balancesRequest, ORIGIN_MODULE, type BalancesResponse, type BlockchainErrorResponse } from './topics.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Settles the request that an answer belongs to; foreign, wrong, late and double answers settle nothing. */
export async function settleBalanceRequestWhenAnswered(answer: BalancesResponse, work: Work): Promise<Outcome> {
  const { traceData, email, fiatBalance, cryptoBalance } = answer;
  if (traceData && traceData.originModule !== ORIGIN_MODULE) return refused('ajena', `la respuesta es para ${traceData.originModule}`);
  const request = traceData ? await byTrace(work, traceData.traceId) : await onlyOneOf(work, email);
  if ('kind' in request) return request;
  if (request.subject !== email.toLowerCase()) return refused('email_distinto', 'el email de la respuesta no es el del negocio que preguntó');
  if (request.answered) return refused('ya_respondida', 'esa consulta ya tuvo su respuesta');
  await answerRequest(work.trx, request.traceId, { fiatBalance, cryptoBalance });
  return request.expired ? done({ code: 'tarde', message: 'la respuesta llegó tarde; quedó registrada' }) : done();
}

/** An error that names its request ends the waiting at once; one that does not could be anybody's. */
export async function failBalanceRequestWhenPaymentsFailed({ error, traceData }: BlockchainErrorResponse, work: Work): Promise<Outcome> {
  if (!traceData) return refused('sin_traza', 'el error no trae traceData: no se sabe de qué consulta es, y no resuelve ninguna');
  if (traceData.originModule !== ORIGIN_MODULE) return refused('ajena', `el error es para ${traceData.originModule}`);
  const request = await byTrace(work, traceData.traceId);
  if ('kind' in request) return request;
  if (request.answered) return refused('ya_respondida', 'esa consulta ya tuvo su respuesta');
  await answerRequest(work.trx, request.traceId, { error: shownError(error) });
  return request.expired ? done({ code: 'tarde', message: 'el error llegó tarde; quedó registrado' }) : done();
}

async function byTrace(work: Work, traceId: string): Promise<PendingRequest | Outcome> {
  const request = UUID.test(traceId) ? await findRequest(work.trx, traceId) : undefined;
  return request ?? refused('sin_pedido', `no hay una consulta con traceId ${traceId}`);
}

/** An answer that names no request settles the only one that is open for its email, if there is only one. */
async function onlyOneOf(work: Work, email: string): Promise<PendingRequest | Outcome> {
  const [first, second] = await openRequestsAbout(work.trx, balancesRequest.name, email.toLowerCase());
  if (first === undefined) return refused('sin_pedido', 'no hay una consulta abierta para ese email');
  return second === undefined ? first : refused('ambigua', 'hay varias consultas abiertas para ese email y la respuesta no dice de cuál es');
}
