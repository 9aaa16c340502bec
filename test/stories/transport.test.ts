import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { getIntrospectionQuery } from 'graphql'
import { serverAudits } from 'graphql-http'
import pg from 'pg'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import { BrowseMarketplaceDocument, LiveCursorDocument, ViewerDocument } from '../support/generated/graphql.js'
import { RawSocket } from '../support/raw-socket.js'
import { statementsDuring } from '../support/statements.js'
import { givenMarketplace, givenOffer, type Market } from '../support/world.js'

const nested = (depth: number, inside = '__typename'): string =>
  depth === 0 ? inside : `${['product', 'plans'][depth % 2]} { ${nested(depth - 1, inside)} }`
const repeated = (count: number, part: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => part(at)).join(' ')

/** Operations that are over a bound, or none at all: both transports answer them alike, and execute nothing. */
const outOfBounds: ReadonlyArray<readonly [what: string, query: string, code: string, message: RegExp]> = [
  ['as deep as a well', `{ product(id: "x") { ${nested(13)} } }`, 'QUERY_TOO_COMPLEX', /depth limit of 12/],
  [
    'deep by its fragments',
    `{ product(id: "x") { ...F1 } }
     ${repeated(6, (at) => `fragment F${at + 1} on Product { plans { product { ${at < 5 ? `...F${at + 2}` : 'id'} } } }`)}`,
    'QUERY_TOO_COMPLEX',
    /depth limit of 12/,
  ],
  ['full of aliases', `{ ${repeated(31, (at) => `a${at}: liveCursor`)} }`, 'QUERY_TOO_COMPLEX', /aliases limit of 30/i],
  [
    'full of directives',
    `{ ${repeated(16, (at) => `viewer @include(if: true) @skip(if: false) { session @include(if: true) { id } } ${at % 2 ? '__typename' : ''}`)} }`,
    'QUERY_TOO_COMPLEX',
    /directives limit of 30/i,
  ],
  [
    'too wide to count',
    `{ ${repeated(40, () => '...A')} marketplaces(first: 100) { nodes { products(first: 100) { nodes { plans { id } } } } } }
     fragment A on Query { ${repeated(40, () => '...B')} } fragment B on Query { ${repeated(40, () => '...C')} }
     fragment C on Query { liveCursor }`,
    'QUERY_TOO_COMPLEX',
    /number of nodes/,
  ],
  ['longer than anybody writes', `{ ${repeated(2_000, () => 'liveCursor')} }`, 'BAD_USER_INPUT', /2000 tokens/],
  [
    'costly by its pages',
    `{ marketplaces(first: 100) { nodes { products(first: 100) { nodes { plans { id quotas { id } } } } } } }`,
    'QUERY_TOO_COMPLEX',
    /costs \d+ points; 25000 are allowed/,
  ],
  [
    'a circle of fragments',
    '{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }',
    'BAD_USER_INPUT',
    /Cannot spread fragment "A" within itself/,
  ],
  ['about a field that there is not', '{ secrets }', 'BAD_USER_INPUT', /Cannot query field "secrets"/],
  ['no document', '{ viewer', 'BAD_USER_INPUT', /Syntax Error/],
  ['a document without an operation', 'fragment A on Viewer { session { id } }', 'BAD_USER_INPUT', /./],
]

describe('the transports', () => {
  let backend: Backend
  let production: Backend
  let market: Market
  const sockets: RawSocket[] = []
  beforeAll(async () => {
    ;[backend, production] = await Promise.all([startBackend(), startBackend({ graphiql: false })])
    market = await givenMarketplace(backend)
  })
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close()
  })
  afterAll(() => Promise.all([backend.stop(), production.stop()]))

  async function socketOf(who: Backend, accessToken: string | null): Promise<RawSocket> {
    const socket = await RawSocket.greeted(who.url, accessToken)
    sockets.push(socket)
    return socket
  }

  const post = (body: BodyInit, headers: Record<string, string> = {}, who = backend) =>
    fetch(`${who.url}/graphql`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  const get = (parameters: Record<string, string>, headers: Record<string, string> = {}, who = backend) =>
    fetch(`${who.url}/graphql?${new URLSearchParams(parameters)}`, { headers })

  describe('GraphQL over HTTP', () => {
    const audits = serverAudits({ url: () => `${backend.url}/graphql` })
    test('is audited in 61 points', () => expect(audits).toHaveLength(61))
    test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s %s', async (_id, _name, audit) => {
      expect(await audit.fn()).toMatchObject({ status: 'ok' })
    })
  })

  describe('bound what they execute', () => {
    test.each(outOfBounds)('%s', async (_what, query, code, message) => {
      const socket = await socketOf(backend, null)
      const statements = await statementsDuring(async () => {
        const { status, data, errors } = await backend.client().ask(query)
        expect({ status, data, code: errors[0]?.extensions?.code }).toEqual({ status: 400, data: null, code })
        expect(errors[0]?.message).toMatch(message)

        const said = await socket.ask(query)
        expect(said).toMatchObject({ type: 'error', payload: [{ extensions: { code } }] })
        // Where there is no operation each transport says so itself.
        if (query !== outOfBounds.at(-1)?.[1]) expect(said.payload[0].message).toBe(errors[0]?.message)
      })
      expect(statements).toEqual([])
    })

    test('what an honest client asks is far from the bounds', async () => {
      const { status } = await backend.client().ask(getIntrospectionQuery())
      expect(status).toBe(200)
    })

    test('a variable that makes a page longer makes it cost more', async () => {
      const query = `query ($first: Int) { marketplaces(first: $first) { nodes {
        products(first: $first) { nodes { id plans { id } } } } } }`
      const client = backend.client()
      expect((await client.ask(query, { first: 10 })).errors).toEqual([])
      const { errors } = await client.ask(query, { first: 100 })
      expect(errors[0]?.extensions?.code).toBe('QUERY_TOO_COMPLEX')
      const socket = await socketOf(backend, null)
      expect((await socket.ask(query, { first: 100 })).payload[0].extensions.code).toBe('QUERY_TOO_COMPLEX')
    })
  })

  describe('show the schema', () => {
    const page = { accept: 'text/html,application/xhtml+xml' }

    test('to everybody in development, with an explorer that loads nothing from elsewhere', async () => {
      const answer = await fetch(`${backend.url}/graphql`, { headers: page })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toContain('text/html')
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
      const html = await answer.text()
      expect(html.match(/<(?:script|link|img)\b[^>]*\b(?:src|href)=["']?(?:https?:)?\/\//g)).toBeNull()

      const socket = await socketOf(backend, null)
      expect((await socket.ask('{ __schema { queryType { name } } }')).type).toBe('next')
    })

    test('to people who are signed in, and without an explorer, in production', async () => {
      const explorer = await fetch(`${production.url}/graphql`, { headers: page })
      expect(explorer.status).toBe(406)
      expect(explorer.headers.get('content-type')).not.toContain('text/html')

      for (const query of ['{ __schema { queryType { name } } }', '{ __type(name: "Invoice") { name } }']) {
        const { data, errors } = await production.client().ask(query)
        expect({ data, code: errors[0]?.extensions?.code }).toEqual({ data: null, code: 'BAD_USER_INPUT' })
        const socket = await socketOf(production, null)
        expect((await socket.ask(query)).type).toBe('error')

        const signedIn = await production.administrator()
        expect((await signedIn.ask(query)).errors).toEqual([])
        const own = await socketOf(production, signedIn.accessToken)
        expect((await own.ask(query)).type).toBe('next')
      }
      // The name of a type is no secret: caches of clients ask for it with every object.
      expect((await production.client().ask('{ __typename }')).errors).toEqual([])
    })
  })

  describe('take no request that another site can make a browser send', () => {
    const operation = () => ({ query: `mutation { signOut { userErrors { code } } }` })

    test.each([
      ['text/plain', () => JSON.stringify(operation())],
      ['application/x-www-form-urlencoded', () => new URLSearchParams(operation()).toString()],
      [
        'multipart/form-data; boundary=x',
        () => `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${JSON.stringify(operation())}\r\n--x--`,
      ],
      ['text/plain; application/json', () => JSON.stringify(operation())],
      ['application/jsonp', () => JSON.stringify(operation())],
    ])('%s', async (contentType, body) => {
      const client = await backend.administrator()
      const authorization = `Bearer ${client.accessToken}`
      const answer = await post(body(), { 'content-type': contentType, authorization })
      expect(answer.status).toBe(415)
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
      expect((await client.query(ViewerDocument)).viewer).not.toBeNull()
    })

    test('a mutation by GET', async () => {
      const client = await backend.administrator()
      const answer = await get(operation(), { authorization: `Bearer ${client.accessToken}` })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('POST')
      expect((await client.query(ViewerDocument)).viewer).not.toBeNull()
      expect((await get({ query: '{ liveCursor }' })).status).toBe(200)
    })

    test('and let only the marketplaces’ own pages read what is answered', async () => {
      const from = (origin: string) => post(JSON.stringify({ query: '{ liveCursor }' }), { origin })
      const own = await from('http://127.0.0.1:3000')
      expect(own.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:3000')
      expect(own.headers.get('access-control-allow-credentials')).toBeNull()
      for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:3001']) {
        expect((await from(origin)).headers.get('access-control-allow-origin')).toBeNull()
      }
    })
  })

  describe('read bodies with care', () => {
    const query = '{ liveCursor }'

    test('one operation a request: a batch is refused whole', async () => {
      const statements = await statementsDuring(async () => {
        const answer = await post(JSON.stringify([{ query }, { query }]))
        expect(answer.status).toBe(400)
        expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
      })
      expect(statements).toEqual([])
    })

    test('a body over its bound is 413, packed or not, and the next request is served', async () => {
      const large = JSON.stringify({ query, padding: 'x'.repeat(2 * 1024 * 1024) })
      const bomb = gzipSync(JSON.stringify({ query, padding: '0'.repeat(64 * 1024 * 1024) }))
      expect(bomb.length).toBeLessThan(100_000)
      for (const answer of [await post(large), await post(bomb, { 'content-encoding': 'gzip' })]) {
        expect(answer.status).toBe(413)
        expect(await answer.json()).toMatchObject({
          errors: [{ message: 'The body is too large.', extensions: { code: 'BAD_USER_INPUT' } }],
        })
      }
      const packed = await post(gzipSync(JSON.stringify({ query })), { 'content-encoding': 'gzip' })
      expect(packed.status).toBe(200)
    })

    test.each<[string, BodyInit, Record<string, string>, number]>([
      ['cut off', '{"query": "{ live', {}, 400],
      ['a text alone', '"{ liveCursor }"', {}, 400],
      ['nothing', '', {}, 400],
      [
        'of a charset that nobody has',
        JSON.stringify({ query }),
        { 'content-type': 'application/json; charset=klingon' },
        415,
      ],
      ['packed as nobody packs', JSON.stringify({ query }), { 'content-encoding': 'zebra' }, 415],
      ['said to be packed', JSON.stringify({ query }), { 'content-encoding': 'gzip' }, 400],
      ['with variables that are none', JSON.stringify({ query, variables: [1] }), {}, 400],
      ['with a prototype', '{"query": "{ liveCursor }", "variables": {"__proto__": {"admin": true}}}', {}, 200],
    ])('%s', async (_what, body, headers, status) => {
      const answer = await post(body, headers)
      expect(answer.status).toBe(status)
      const { errors } = (await answer.json()) as { errors?: Array<{ message: string; extensions: { code: string } }> }
      if (status === 200) expect(errors).toBeUndefined()
      else expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    })

    test('and whatever has another address than there is', async () => {
      const answer = await fetch(`${backend.url}/nothing`)
      expect(answer.status).toBe(404)
      expect(await answer.text()).not.toContain('<')
    })

    test('headers of 20 kB are refused, not read', async () => {
      const { hostname, port } = new URL(backend.url)
      const status = await new Promise<number>((resolve, reject) => {
        const sent = request(
          { hostname, port, path: '/graphql', headers: { 'x-long': 'x'.repeat(20_000) } },
          (answer) => {
            answer.resume()
            resolve(answer.statusCode ?? 0)
          },
        )
        sent.once('error', reject)
        sent.end()
      })
      expect(status).toBe(431)
    })
  })

  describe('know who asks', () => {
    test.each([
      ['an unknown token', 'Bearer mat_0000000000000000000000000000000000000000000'],
      ['a token of nobody’s form', 'Bearer what'],
      ['an authorization of another kind', 'Basic cm9vdDpyb290'],
      ['no token after all', 'Bearer'],
    ])('%s is 401, never nobody', async (_what, authorization) => {
      for (const accept of ['application/json', 'application/graphql-response+json']) {
        const answer = await post(JSON.stringify({ query: '{ liveCursor }' }), { authorization, accept })
        expect(answer.status).toBe(401)
        expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
      }
    })

    test('so is one that has expired, or whose session has ended', async () => {
      const database = await databaseOf(backend)
      const expired = await backend.administrator()
      const { viewer } = await expired.query(ViewerDocument)
      await database.query(`update session_token set expires_at = now() - interval '1 second' where session_id = $1`, [
        viewer?.session.id,
      ])
      await database.end()
      const signedOut = await backend.administrator()
      await signedOut.ask('mutation { signOut { userErrors { code } } }')
      for (const client of [expired, signedOut]) {
        const { status, data, errors } = await client.ask(LiveCursorDocument)
        expect({ status, data, code: errors[0]?.extensions?.code }).toEqual({
          status: 401,
          data: null,
          code: 'UNAUTHENTICATED',
        })
      }
    })

    test('somebody who is not signed in, where one has to be, is told so by the field', async () => {
      const { status, errors } = await backend
        .client()
        .ask('mutation { createApplication(input: { organizationId: "org_x", name: "X" }) { userErrors { code } } }')
      expect(status).toBe(200)
      expect(errors[0]).toMatchObject({ path: ['createApplication'], extensions: { code: 'UNAUTHENTICATED' } })
    })
  })

  describe('say nothing of what went wrong inside', () => {
    let database: pg.Client
    let provider: Client
    beforeAll(async () => {
      database = await databaseOf(backend)
      provider = await backend.administrator()
    })
    afterAll(() => database.end())

    const inside = /relation|does not exist|select |postgres|kysely|mikro|node_modules|\.ts\b|_gone/i

    test('a table that is gone', async () => {
      const socket = await socketOf(backend, provider.accessToken)
      const query = `query ($slug: String!) { marketplace(slug: $slug) { name products { nodes { id } } } }`
      await database.query('alter table product rename to product_gone')
      try {
        const answer = await post(JSON.stringify({ query, variables: { slug: market.slug } }), {
          authorization: `Bearer ${provider.accessToken}`,
        })
        const requestId = answer.headers.get('x-request-id') as string
        const { errors } = (await answer.json()) as { errors: unknown[] }
        expect(errors).toEqual([
          {
            message: `Something went wrong on our side. Reference: ${requestId}`,
            locations: expect.anything(),
            path: ['marketplace', 'products'],
            extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
          },
        ])
        // The log has the same id, and what it was.
        const noted = backend.complaints.find((line) => line.includes(requestId))
        expect(noted).toContain('product')
        expect(JSON.parse(noted as string)).toMatchObject({
          requestId,
          err: { message: expect.stringContaining('does not exist') },
        })

        const said = await socket.ask(query, { slug: market.slug })
        const [error] = said.payload.errors
        expect(error).toMatchObject({ extensions: { code: 'INTERNAL_SERVER_ERROR' } })
        expect(JSON.stringify(said)).not.toMatch(inside)
        expect(backend.complaints.some((line) => line.includes(error.extensions.requestId))).toBe(true)

        const mutation = await provider.ask(
          `mutation ($id: ID!) { deprecateProduct(input: { productId: $id }) { userErrors { code } } }`,
          { id: 'prod_00000000000000000000000000' },
        )
        expect(JSON.stringify(mutation.errors)).not.toMatch(inside)
      } finally {
        await database.query('alter table product_gone rename to product')
      }
      expect((await provider.ask(query, { slug: market.slug })).errors).toEqual([])
    })

    test('a value that its type does not have', async () => {
      const offer = await givenOffer(market, { type: 'FREE' })
      const query = `query ($id: ID!) { product(id: $id) { name accessApproval } }`
      await database.query(`update product set access_approval = 'CANARY' where id = $1`, [offer.productId])
      const { data, errors } = await provider.ask(query, { id: offer.productId })
      expect(data).toEqual({ product: null })
      expect(errors[0]?.extensions?.code).toBe('INTERNAL_SERVER_ERROR')
      expect(JSON.stringify(errors)).not.toContain('CANARY')
      const socket = await socketOf(backend, provider.accessToken)
      const said = await socket.ask(query, { id: offer.productId })
      expect(said.payload.errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR')
      expect(JSON.stringify(said)).not.toContain('CANARY')
    })

    test('while a variable that does not fit is the client’s to mend', async () => {
      for (const [query, variables] of [
        ['query ($id: ID!) { product(id: $id) { id } }', {}],
        ['query ($first: Int) { marketplaces(first: $first) { nodes { id } } }', { first: 'ten' }],
        ['{ marketplaces(first: 1000) { nodes { id } } }', {}],
        ['{ marketplaces(after: "nonsense") { nodes { id } } }', {}],
      ] as const) {
        const { errors } = await provider.ask(query, variables)
        expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
      }
    })
  })

  test('every answer has a request id of its own', async () => {
    const answers = await Promise.all([
      post(JSON.stringify({ query: '{ liveCursor }' })),
      post('{'),
      fetch(`${backend.url}/livez`),
      fetch(`${backend.url}/integrations/stripe`, { method: 'POST' }),
    ])
    const ids = answers.map((answer) => answer.headers.get('x-request-id'))
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('what anybody may see needs no token', async () => {
    const { marketplace } = await backend.client().query(BrowseMarketplaceDocument, { slug: market.slug })
    expect(marketplace?.id).toBe(market.id)
  })
})

async function databaseOf(backend: Backend): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: backend.config.databaseUrl })
  await client.connect()
  return client
}
