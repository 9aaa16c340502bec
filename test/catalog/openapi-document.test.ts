import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { describedApi, type OpenApiDocument, OpenApiReader } from '../../src/catalog/openapi-document.js'

const examples = dirname(createRequire(import.meta.url).resolve('@readme/oas-examples/package.json'))
const example = (path: string): string => readFileSync(join(examples, path), 'utf8')
const field = ['specification']
const reader = new OpenApiReader()

const info = { title: 'Pets', version: '1.4.0' }
const document = (more: object = {}): string => JSON.stringify({ openapi: '3.0.3', info, paths: {}, ...more })

async function read(text: string): Promise<OpenApiDocument> {
  const result = await reader.read([{ text, field }])
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join(' '))
  return result.value[0] as OpenApiDocument
}

type Case = [name: string, text: string, words: string]

/** All in one thread: each document of the list is refused, with the words that say why. */
function refused(cases: Case[]): void {
  let messages: Map<string, string>
  beforeAll(async () => {
    const result = await reader.read(cases.map(([name, text]) => ({ text, field: [name] })))
    messages = new Map((result.ok ? [] : result.errors).map(({ message, field: place }) => [place?.[0] ?? '', message]))
  }, 60_000)

  it.each(cases)('%s', (name, _, words) => {
    const message = messages.get(name)
    expect(message).toContain(words)
    // A sentence on one line, without words about this machine.
    expect(message).toMatch(/^[A-Z#].*[.!?…]$/)
    expect(message).not.toContain(process.cwd())
  })
}

describe('a real OpenAPI document', () => {
  const files = ['3.0/json', '3.0/yaml', '3.1/json', '3.1/yaml'].flatMap((folder) =>
    readdirSync(join(examples, folder))
      .filter((file) => /\.(json|yaml)$/.test(file))
      .map((file) => `${folder}/${file}`),
  )

  it('is read, all of them, in one go', async () => {
    expect(files.length).toBeGreaterThan(90)
    const result = await reader.read(files.map((file) => ({ text: example(file), field: [file] })))
    expect(result.ok ? [] : result.errors).toEqual([])
    if (!result.ok) return
    for (const read of result.value) {
      expect(describedApi(read)).toMatchObject({ name: expect.any(String), apiVersion: expect.any(String) })
    }
  }, 60_000)

  it('is kept as it was given, its references included', async () => {
    const text = example('3.0/json/circular.json')
    expect(await read(text)).toEqual(JSON.parse(text))
  })

  it('is the same in JSON and in YAML', async () => {
    const [json, yaml] = [await read(example('3.1/json/petstore.json')), await read(example('3.1/yaml/petstore.yaml'))]
    expect(describedApi(yaml)).toEqual(describedApi(json))
    expect(describedApi(json)).toEqual({
      name: 'Swagger Petstore',
      description: expect.stringContaining('sample server'),
      apiVersion: '1.0.0',
      basePath: '/v2',
    })
  })
})

describe('what a document says of its API', () => {
  const servedAt = (...servers: unknown[]) => describedApi({ openapi: '3.0.3', info, paths: {}, servers }).basePath

  it.each([
    ['https://api.example.com/pets/v1', '/pets/v1'],
    ['https://api.example.com/pets/v1/', '/pets/v1'],
    ['/pets', '/pets'],
    ['pets/v2', '/pets/v2'],
    ['./pets', '/pets'],
    ['//api.example.com/pets', '/pets'],
    ['/a/../pets', '/pets'],
  ])('it is served at %s, so below %s', (url, path) => {
    expect(servedAt({ url })).toBe(path)
  })

  it.each([
    'https://api.example.com',
    'https://api.example.com/',
    '/',
    'https://api.example.com/{tenant}',
    'http://[',
    '/%2e%2e%2fx',
    '',
  ])('%s names no path', (url) => {
    expect(servedAt({ url })).toBeNull()
  })

  it('fills in the variables of the server', () => {
    const variables = { scheme: { default: 'https' }, version: { default: 'v3' } }
    expect(servedAt({ url: '{scheme}://api.example.com/pets/{version}', variables })).toBe('/pets/v3')
  })

  it('goes by the first server, and by none where there is none', () => {
    expect(servedAt({ url: '/one' }, { url: '/two' })).toBe('/one')
    expect(servedAt()).toBeNull()
    expect(servedAt({ url: 5 }, null)).toBeNull()
  })

  it('cuts what is longer than we keep, between characters', () => {
    const long = { title: '🙂'.repeat(300), version: '1', description: 'ä'.repeat(6_000) }
    const described = describedApi({ openapi: '3.0.3', info: long, paths: {} })
    expect([...(described.name as string)]).toHaveLength(200)
    expect([...(described.description as string)]).toHaveLength(5_000)
    expect(described.name?.isWellFormed()).toBe(true)
  })

  it('makes one line of a name', () => {
    const described = describedApi({
      openapi: '3.0.3',
      info: { title: ' Pets\n\tand more ', version: ' 1 ' },
      paths: {},
    })
    expect(described).toMatchObject({ name: 'Pets and more', apiVersion: '1', description: null })
  })
})

describe('a document that is refused', () => {
  refused([
    ['Swagger 2', example('2.0/json/petstore.json'), 'Swagger 2'],
    ['empty', '', 'no OpenAPI document'],
    ['plain text', 'hello', 'no OpenAPI document'],
    ['a list', '[1, 2]', 'no OpenAPI document'],
    ['null', 'null', 'no OpenAPI document'],
    ['no version', '{"info": {}}', 'must name a version'],
    ['a number for a version', 'openapi: 3.0\ninfo: {}\n', 'must name a version'],
    ['a version to come', document({ openapi: '4.0.0' }), '3.0 and 3.1'],
    ['a version that is not read', document({ openapi: '3.2.0' }), '3.0 and 3.1'],
    ['broken JSON', '{"openapi": "3.0.3" "info"}', 'line 1'],
    ['broken YAML', 'openapi: 3.0.3\n  info: x\n bad', 'line 1'],
    ['keys given twice', 'openapi: 3.0.3\nopenapi: 3.0.3\n', 'unique'],
    ['several documents', '---\na: 1\n---\nb: 2\n', 'neither JSON nor YAML'],
    ['a list for a key', '? [a, b]\n: 1\n', 'keys must be strings'],
    ['no info', JSON.stringify({ openapi: '3.0.3', paths: {} }), "'info'"],
    ['no paths in 3.0', JSON.stringify({ openapi: '3.0.3', info }), "'paths'"],
    ['a path without a slash', document({ paths: { pets: {} } }), 'leading slash'],
    ['a path that is null', document({ paths: { '/pets': null } }), '"/pets": null'],
    ['a wrong type', document({ paths: { '/pets': { get: { responses: 'x' } } } }), 'must be object'],
    ['a reference to nothing', document({ components: { schemas: { a: { $ref: '#/nope' } } } }), '#/nope'],
  ])

  it('because it is too long', async () => {
    const result = await reader.read([{ text: 'x'.repeat(1_000_001), field }])
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'LIMIT_REACHED', field }] })
  })

  it('is named among the others', async () => {
    const result = await reader.read([
      { text: document(), field: ['first'] },
      { text: 'hello', field: ['second'] },
      { text: document(), field: ['third'] },
    ])
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'INVALID', field: ['second'] }] })
  })
})

describe('a hostile document', () => {
  const refersTo = ($ref: string) => document({ components: { schemas: { a: { $ref } } } })
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const pollution = '"__proto__": {"polluted": true}'

  refused([
    ['refers to a file', refersTo('file:///etc/passwd'), '#/components/schemas/a/$ref'],
    ['refers to a bare path', refersTo('/etc/passwd'), '#/components/schemas/a/$ref'],
    ['refers to a neighbour', refersTo('./secrets.yaml#/x'), '#/components/schemas/a/$ref'],
    ['refers to the cloud', refersTo('http://169.254.169.254/latest/meta-data'), '#/components/schemas/a/$ref'],
    ['refers to nothing', refersTo(''), '#/components/schemas/a/$ref'],
    ['laughs a billion times', 'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n', 'aliases'],
    ['is nested too deeply in JSON', `{"a":${nested}}`, 'nested too deeply'],
    ['is nested too deeply in YAML', `a: ${nested}`, 'nested too deeply'],
    [
      'is nested too deeply in OpenAPI',
      document({ 'x-deep': JSON.parse(nested.slice(99_900, 100_100)) }),
      'nested too deeply',
    ],
    ['would change what all objects are, in JSON', document().replace('{', `{${pollution},`), '__proto__'],
    ['would change what all objects are, in YAML', `openapi: 3.0.3\ninfo: {${pollution}}\n`, '__proto__'],
    ['holds a NUL', document({ info: { ...info, title: 'a\0b' } }), 'no text'],
    ['holds a NUL in a key', document({ 'x-a\0b': 1 }), 'no text'],
    ['holds half a surrogate pair', document().replace('Pets', '\\ud800'), 'no text'],
    ['has an endless key', document({ [`x-${'a'.repeat(600)}`]: 1 }), 'too long'],
    ['has more values than anybody describes', document({ 'x-many': Array(300_000).fill(0) }), '250000'],
  ])

  it('has changed nothing', () => {
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('never makes the server call anybody', async () => {
    let calls = 0
    const server = createServer((_, response) => {
      calls += 1
      response.end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/schema.json`
    const schemas = { a: { $id: address, $ref: '#/b' }, b: { $dynamicRef: address }, c: { $schema: address } }
    await reader.read([
      { text: document({ openapi: '3.1.0', jsonSchemaDialect: address, components: { schemas } }), field },
      {
        text: document({ components: { examples: { a: { externalValue: address } } }, externalDocs: { url: address } }),
        field,
      },
      { text: document({ components: { schemas: { a: { $ref: address } } } }), field },
      { text: address, field },
    ])
    await new Promise((resolve) => server.close(resolve))
    expect(calls).toBe(0)
  })

  it('laughs by references, and is stopped while others are served', async () => {
    const schemas: Record<string, object> = { s40: { type: 'string' } }
    for (let level = 0; level < 40; level += 1) {
      const next = { $ref: `#/components/schemas/s${level + 1}` }
      schemas[`s${level}`] = { type: 'object', properties: { a: next, b: next } }
    }
    const hostile = reader.read([{ text: document({ components: { schemas } }), field }])
    let turns = 0
    const served = setInterval(() => {
      turns += 1
    }, 20)
    const result = await hostile
    clearInterval(served)
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'LIMIT_REACHED', field }] })
    expect(turns).toBeGreaterThan(20)
    expect(await read(document())).toMatchObject({ info })
  }, 60_000)

  it('brings tags and directives of its own, which mean nothing here', async () => {
    const yaml =
      '%YAML 1.1\n---\nopenapi: 3.0.3\ninfo: {title: 2020-01-01, version: "1"}\npaths: {}\nx-tag: !!js/function "x"\n'
    expect(await read(yaml)).toMatchObject({ info: { title: '2020-01-01' }, 'x-tag': 'x' })
  })
})
