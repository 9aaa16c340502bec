import { describe, expect, it, test } from '@jest/globals'
import { acceptableForm, formValidator } from '../../src/catalog/request-form.rules.js'

const field = ['input', 'requestForm']
const read = (form: unknown) => acceptableForm(form, field)

const company = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  required: ['company', 'contact'],
  properties: {
    company: { type: 'string', minLength: 2, maxLength: 80 },
    contact: { $ref: '#/definitions/contact' },
    volume: {
      oneOf: [
        { const: 'small', title: 'Up to 1,000' },
        { const: 'large', title: 'More' },
      ],
    },
  },
  definitions: {
    contact: { type: 'object', required: ['email'], properties: { email: { type: 'string', format: 'email' } } },
  },
}

describe('a form', () => {
  it('is a JSON Schema of draft 7, with definitions of its own', () => {
    expect(read(company)).toEqual({ ok: true, value: company })
    const validate = formValidator(company)
    expect(validate({ company: 'Acme', contact: { email: 'ada@acme.example' }, volume: 'small' })).toBe(true)
    expect(validate({ company: 'A', contact: { email: 'nowhere' }, volume: 'huge' })).toBe(false)
    const places = new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))
    expect([...places]).toEqual(['/company', '/contact/email', '/volume'])
  })

  it('may be left out', () => {
    expect(read(null)).toEqual({ ok: true, value: null })
    expect(read(undefined)).toEqual({ ok: true, value: null })
  })

  it('may name its questions as it likes', () => {
    const names = ['pattern', '$ref', '$id', 'format', 'patternProperties', 'constructor', 'toString', 'items']
    const form = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) }
    expect(read(form).ok).toBe(true)
    expect(formValidator(form)({ pattern: 1 })).toBe(false)
    expect(formValidator(form)({ pattern: 'a', $ref: 'b', constructor: 'c' })).toBe(true)
  })

  it('may hold anything as a value to choose or to start from', () => {
    expect(read({ enum: [{ pattern: '(a+)+$' }], default: { $ref: 'https://elsewhere.example' } }).ok).toBe(true)
  })

  it('takes no keyword of ours for a hint to whoever draws it', () => {
    expect(read({ type: 'string', 'ui:widget': 'textarea', title: 'Why', $comment: 'for sales' }).ok).toBe(true)
  })
})

/** A chain of definitions, each naming the next twice: twenty lines that are a million parts when written out. */
function explosion(length: number): object {
  const definitions: Record<string, object> = { [`d${length}`]: { type: 'string' } }
  for (let n = 0; n < length; n += 1) {
    definitions[`d${n}`] = { allOf: [{ $ref: `#/definitions/d${n + 1}` }, { $ref: `#/definitions/d${n + 1}` }] }
  }
  return { $ref: '#/definitions/d0', definitions }
}

function nested(depth: number): object {
  return depth === 0 ? { type: 'string' } : { items: nested(depth - 1) }
}

function deep(depth: number): unknown {
  return depth === 0 ? 1 : [deep(depth - 1)]
}

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`q${n}`, {}]))

test.each<[string, unknown, string[]]>([
  ['a text', 'object', []],
  ['a list', [{}], []],
  ['a number', 1, []],
  ['true', true, []],
  ['another draft', { $schema: 'https://json-schema.org/draft/2020-12/schema' }, []],
  ['a version that is no text', { $schema: 7 }, []],
  ['a type that is none', { type: 'text' }, []],
  ['limits that are no numbers', { type: 'string', minLength: 'ten' }, []],
  ['properties that are no object', { properties: 'all' }, []],
  ['properties that are a list', { properties: ['company'] }, []],
  ['a reference that is no text', { $ref: 1 }, ['$ref']],
  ['a regular expression', { type: 'string', pattern: '^(a+)+$' }, ['pattern']],
  [
    'one deep inside',
    { properties: { a: { anyOf: [{}, { pattern: 'x' }] } } },
    ['properties', 'a', 'anyOf', '1', 'pattern'],
  ],
  ['one in a condition', { if: { pattern: 'x' } }, ['if', 'pattern']],
  ['one for names', { propertyNames: { pattern: 'x' } }, ['propertyNames', 'pattern']],
  ['one in a list of items', { items: [{ pattern: 'x' }] }, ['items', '0', 'pattern']],
  ['one in dependencies', { dependencies: { a: { pattern: 'x' } } }, ['dependencies', 'a', 'pattern']],
  ['one in a definition', { definitions: { a: { pattern: 'x' } } }, ['definitions', 'a', 'pattern']],
  ['expressions for names', { patternProperties: { '^x': {} } }, ['patternProperties']],
  ['an answer that is an expression', { type: 'string', format: 'regex' }, ['format']],
  ['an unknown format', { format: 'shoe-size' }, ['format']],
  ['a format that is none', { format: { $data: '1/x' } }, ['format']],
  ['a remote reference', { $ref: 'https://elsewhere.example/schema.json' }, ['$ref']],
  ['a reference to a file', { $ref: 'file:///etc/passwd' }, ['$ref']],
  ['a reference to the schema of schemas', { $ref: 'http://json-schema.org/draft-07/schema#' }, ['$ref']],
  ['a reference to itself', { properties: { child: { $ref: '#' } } }, ['properties', 'child', '$ref']],
  ['a reference to what is not there', { $ref: '#/definitions/none' }, ['$ref']],
  ['a reference to what every object has', { $ref: '#/definitions/constructor', definitions: {} }, ['$ref']],
  ['an address', { $id: 'https://elsewhere.example/form' }, ['$id']],
  ['checking later', { $async: true, type: 'object' }, ['$async']],
])('a form is refused that is or has %s', (_, form, path) => {
  expect(read(form)).toMatchObject({ ok: false, errors: [{ code: 'INVALID', field: [...field, ...path] }] })
})

describe('a form stays small', () => {
  const refusedCode = (form: unknown) => {
    const result = read(form)
    return result.ok ? null : result.errors.map(({ code }) => code)
  }

  it('in its text', () => {
    expect(refusedCode({ description: 'x'.repeat(31_000) })).toBeNull()
    expect(refusedCode({ description: 'x'.repeat(32_000) })).toEqual(['LIMIT_REACHED'])
  })

  it('in its parts', () => {
    expect(refusedCode({ properties: many(299) })).toBeNull()
    expect(refusedCode({ properties: many(300) })).toEqual(['INVALID'])
  })

  it('in its depth', () => {
    expect(refusedCode(nested(11))).toBeNull()
    expect(refusedCode(nested(12))).toEqual(['INVALID'])
  })

  it('when it is written out', () => {
    expect(refusedCode(explosion(2))).toBeNull()
    expect(refusedCode(explosion(20))).toEqual(['INVALID'])
  })

  it('where a definition leads back to itself', () => {
    const around = {
      $ref: '#/definitions/a',
      definitions: { a: { items: { $ref: '#/definitions/b' } }, b: { $ref: '#/definitions/a' } },
    }
    expect(refusedCode(around)).toEqual(['INVALID'])
  })

  it('in what it starts from', () => {
    expect(refusedCode({ default: deep(30) })).toBeNull()
    expect(refusedCode({ default: deep(1_000) })).toEqual(['INVALID'])
  })

  it('and is text that can be stored', () => {
    expect(refusedCode({ title: 'a\0b' })).toEqual(['INVALID'])
    expect(refusedCode({ properties: { '\ud800': {} } })).toEqual(['INVALID'])
    expect(refusedCode({ enum: ['\udfff'] })).toEqual(['INVALID'])
  })
})
