import assert from 'node:assert/strict';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { parseId } from './parse-id.ts';
import { blankableText, emailAddress, optionalText, password, text } from './schemas.ts';
import { imageType } from './uploads.ts';
import { validate } from './validation.ts';

const errorsOf = (schema: z.ZodType, input: unknown): string[] => {
  try {
    validate(schema, input);
    return [];
  } catch (error) {
    assert.ok(error instanceof AppError && error.status === 400);
    return error.details.errors ?? [];
  }
};

describe('validate', () => {
  it('says what is wrong in Spanish, a sentence each, and never names a field email', () => {
    const schema = z.object({
      nombre: text(3),
      email: emailAddress,
      rol: z.enum(['a', 'b']),
      lista: z.array(z.int()).min(1),
      n: z.int().min(0),
    });
    assert.deepEqual(errorsOf(schema, { nombre: 'largo', email: 'x', rol: 'c', lista: [], n: -1 }), [
      'nombre: admite hasta 3 caracteres.',
      'correo: no es una dirección de correo válida.',
      'rol: tiene que ser uno de: a, b.',
      'lista: necesita al menos un elemento.',
      'n: tiene que ser 0 o más.',
    ]);
    assert.deepEqual(
      errorsOf(schema, undefined),
      ['nombre', 'correo', 'rol', 'lista', 'n'].map((field) => `${field}: es obligatorio.`),
    );
    assert.deepEqual(errorsOf(schema, 'x'), ['Solicitud: no tiene el tipo esperado.']);
  });
});

describe('texts', () => {
  it('are trimmed, and blank only where that is allowed', () => {
    assert.equal(text(3).parse('  abc  '), 'abc');
    assert.equal(text(3).safeParse('   ').success, false);
    assert.deepEqual(
      ['', null, undefined, ' x '].map((value) => optionalText(3).parse(value)),
      [null, null, undefined, 'x'],
    );
    assert.deepEqual(
      ['', null, undefined].map((value) => blankableText(3).parse(value)),
      ['', '', undefined],
    );
    assert.equal(password.parse(' x '), ' x ');
  });

  it('refuse what Postgres cannot store', () => {
    for (const bad of ['a\u0000', '\ud83d', '\ude00x']) {
      for (const schema of [text(9), optionalText(9), blankableText(9), password])
        assert.equal(schema.safeParse(bad).success, false);
    }
    assert.equal(text(9).parse('😀'), '😀');
  });
});

describe('parseId', () => {
  it('takes positive whole numbers and nothing that only begins like one', () => {
    assert.equal(parseId('007', 'id'), 7);
    for (const bad of ['', '0', '-1', '1.0', '1e3', ' 1', '12abc', '2147483648', undefined, ['1']]) {
      assert.throws(() => parseId(bad, 'id'), { status: 400 });
    }
  });
});

describe('imageType', () => {
  it('goes by the first bytes', () => {
    const of = (hex: string) => imageType(Buffer.from(hex, 'hex'));
    assert.deepEqual(
      ['89504e470d0a1a0a', 'ffd8ffe0', '474946383961', `52494646000000${'00'}57454250`, '3c7376673e', ''].map(of),
      ['image/png', 'image/jpeg', 'image/gif', 'image/webp', undefined, undefined],
    );
  });
});
