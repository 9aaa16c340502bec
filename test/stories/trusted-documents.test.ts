import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { print } from 'graphql'
import { createClient, type Client as SocketClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import {
  CreateMarketplaceDocument,
  InvoiceChangedDocument,
  LiveCursorDocument,
  SignInDocument,
} from '../support/generated/graphql.js'

const texts = [SignInDocument, CreateMarketplaceDocument, LiveCursorDocument, InvoiceChangedDocument].map(print)
const idOf = (text: string) => createHash('sha256').update(text).digest('hex')
const trustedDocuments = new Map(texts.map((text) => [idOf(text), text]))
const liveCursor = print(LiveCursorDocument)

const refusal = {
  message: 'This server executes only the documents that its operator has named.',
  extensions: { code: 'FORBIDDEN' },
}

describe('where the documents are named', () => {
  let backend: Backend
  let provider: Client
  let sockets: SocketClient
  beforeAll(async () => {
    backend = await startBackend({ trustedDocuments })
    provider = await backend.administrator()
    sockets = createClient({
      url: `${backend.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { accessToken: provider.accessToken },
      retryAttempts: 0,
    })
  })
  afterAll(async () => {
    await sockets.dispose()
    await backend.stop()
  })

  const post = async (body: object) => {
    const response = await fetch(`${backend.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        authorization: `Bearer ${provider.accessToken}`,
      },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as { data?: object; errors?: object[] } }
  }

  /** The first thing that is said on a websocket to what is asked there. */
  const onSocket = (payload: { query: string; extensions?: Record<string, unknown> }) =>
    new Promise<unknown>((resolve, reject) => {
      sockets.subscribe(payload, { next: resolve, error: resolve, complete: () => reject(new Error('Nothing came.')) })
    })

  test.each([
    ['as its text', { query: liveCursor }],
    ['spaced in another way', { query: `# from a build\n${liveCursor.replaceAll(/\s+/g, '  ')}` }],
    ['by its id', { documentId: idOf(liveCursor) }],
    [
      "by its hash, as Apollo's clients do",
      { extensions: { persistedQuery: { version: 1, sha256Hash: idOf(liveCursor) } } },
    ],
    [
      'by its hash and its text',
      { query: liveCursor, extensions: { persistedQuery: { version: 1, sha256Hash: idOf(liveCursor) } } },
    ],
  ])('one of them is executed, sent %s', async (_how, body) => {
    const { status, body: answer } = await post(body)
    expect(answer.errors).toBeUndefined()
    expect(answer.data).toMatchObject({ liveCursor: expect.stringMatching(/\S/) })
    expect(status).toBe(200)
  })

  test('one of them is executed by a GET, too', async () => {
    const response = await fetch(`${backend.url}/graphql?documentId=${idOf(liveCursor)}`, {
      headers: { authorization: `Bearer ${provider.accessToken}`, accept: 'application/json' },
    })
    expect(await response.json()).toMatchObject({ data: { liveCursor: expect.stringMatching(/\S/) } })
  })

  test.each([
    ['another', { query: '{ viewer { __typename } }' }],
    ['the schema', { query: '{ __schema { types { name } } }' }],
    ['one that does not fit the schema, of which nothing is told', { query: '{ vieweer { id } }' }],
    ['a name that nobody knows', { documentId: idOf('{ viewer { __typename } }') }],
    ['a name of no kind', { documentId: { $ne: '' } }],
    ["one of the language's own names", { documentId: '__proto__' }],
    [
      'one that a client would make known',
      {
        query: '{ viewer { __typename } }',
        extensions: { persistedQuery: { version: 1, sha256Hash: idOf('{ viewer { __typename } }') } },
      },
    ],
    ['one that bears the name of another', { query: '{ viewer { __typename } }', operationName: 'LiveCursor' }],
  ])('%s is refused', async (_what, body) => {
    const { status, body: answer } = await post(body)
    expect(answer).toEqual({ errors: [refusal] })
    expect(status).toBe(400)
  })

  test('the name counts, whatever is sent beside it', async () => {
    const { body } = await post({ documentId: idOf(liveCursor), query: '{ viewer { __typename } }' })
    expect(Object.keys(body.data ?? {})).toEqual(['liveCursor'])
  })

  test('nothing but them is executed on a websocket', async () => {
    expect(await onSocket({ query: liveCursor })).toMatchObject({ data: { liveCursor: expect.stringMatching(/\S/) } })
    const named = { query: '', extensions: { persistedQuery: { sha256Hash: idOf(liveCursor) } } }
    expect(await onSocket(named)).toMatchObject({ data: { liveCursor: expect.stringMatching(/\S/) } })

    const refused = [refusal]
    expect(await onSocket({ query: 'subscription { invoiceChanged { cursor } }' })).toEqual(refused)
    expect(await onSocket({ query: '{ __schema { types { name } } }' })).toEqual(refused)
    const unknown = { query: '', extensions: { persistedQuery: { sha256Hash: 'nobody' } } }
    expect(await onSocket(unknown)).toEqual(refused)
  })
})
