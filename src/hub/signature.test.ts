import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isSigned, sign } from './signature.ts';

const methods = fc.constantFrom('sha1', 'sha256', 'sha384', 'sha512');
const bodies = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const secrets = fc.array(fc.string({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 3 });

describe('isSigned', () => {
  it('takes what any of the secrets signed, in any method', () => {
    fc.assert(
      fc.property(bodies, methods, secrets, fc.nat(), (body, method, all, pick) => {
        assert.equal(isSigned(body, sign(body, all[pick % all.length] as string, method), all), true);
      }),
    );
  });

  it('takes the method and the digits in either case', () => {
    const header = sign('body', 'secret', 'sha256');
    assert.equal(isSigned(Buffer.from('body'), ` ${header.toUpperCase()} `, ['secret']), true);
  });

  it('refuses every prefix, every longer text, and every change of a digit', () => {
    const body = Buffer.from('body');
    const header = sign(body, 'secret');
    for (let length = 0; length < header.length; length += 1) assert.equal(isSigned(body, header.slice(0, length), ['secret']), false);
    for (let at = 'sha256='.length; at < header.length; at += 1) {
      const changed = `${header.slice(0, at)}${header[at] === '0' ? '1' : '0'}${header.slice(at + 1)}`;
      assert.equal(isSigned(body, changed, ['secret']), false);
    }
    for (const longer of [`${header}0`, `${header}00`, `${header} ${header}`]) assert.equal(isSigned(body, longer, ['secret']), false);
  });

  it('refuses one method in the name of another, and methods it does not know', () => {
    fc.assert(
      fc.property(bodies, methods, methods, (body, signed, named) => {
        const hex = sign(body, 'secret', signed).split('=')[1] as string;
        assert.equal(isSigned(body, `${named}=${hex}`, ['secret']), signed === named);
      }),
    );
    for (const method of ['md5', 'sha224', 'sha512-256', 'none', 'constructor', '']) {
      assert.equal(isSigned(Buffer.from('x'), `${method}=${'0'.repeat(64)}`, ['secret']), false);
    }
  });

  it('never throws, and never takes what is made up', () => {
    fc.assert(fc.property(bodies, fc.option(fc.string(), { nil: undefined }), secrets, (body, header, all) => !isSigned(body, header, all)));
  });

  it('refuses everything where there is no secret', () => {
    assert.equal(isSigned(Buffer.from('x'), sign('x', ''), []), false);
  });
});
