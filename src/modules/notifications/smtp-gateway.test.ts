import assert from 'node:assert/strict';
import { kindOf } from './smtp-gateway.ts';

describe("what a mail server's answer is about", () => {
  const table: Array<[failure: Parameters<typeof kindOf>[0], kind: ReturnType<typeof kindOf>]> = [
    [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 }, 'refused'],
    [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 450 }, 'deferred'],
    [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 452 }, 'deferred'],
    [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 421 }, 'unavailable'],
    [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 530 }, 'unavailable'],
    [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550, response: '550 5.1.1 <a@b.c>: no such user' }, 'refused'],
    [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 554, response: '554 5.7.1 <a@b.c>: Relay access denied' }, 'deferred'],
    [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 554, response: '554 5.7.1 not you' }, 'unavailable'],
    [{ code: 'EMESSAGE', command: 'DATA', responseCode: 554 }, 'refused'],
    [{ code: 'EMESSAGE', command: 'DATA', responseCode: 451 }, 'deferred'],
    [{ code: 'EMESSAGE', command: 'MAIL FROM' }, 'refused'],
    [{ code: 'EENVELOPE', command: 'API' }, 'refused'],
    [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 550 }, 'unavailable'],
    [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 451 }, 'unavailable'],
    [{ code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535 }, 'unavailable'],
    [{ code: 'ESOCKET', command: 'CONN' }, 'unavailable'],
    [{ code: 'ETIMEDOUT', command: 'DATA' }, 'unavailable'],
    [{}, 'unavailable'],
  ];
  for (const [failure, kind] of table) it(`${JSON.stringify(failure)}: ${kind}`, () => assert.equal(kindOf(failure), kind));
});
