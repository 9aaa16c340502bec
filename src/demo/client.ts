import { readFileSync } from 'node:fs'
import { createClient, type Client as WsClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** An example operation of the project, by its file's name. */
export function operation(name: string): string {
  return readFileSync(new URL(`../../schema/operations/${name}.graphql`, import.meta.url), 'utf8')
}

interface Answer {
  data?: Record<string, unknown> | null
  errors?: Array<{ message: string; extensions?: { code?: string } }>
}

// biome-ignore lint/suspicious/noExplicitAny: a client without generated types, as one would write in a first hour
export type Data = any

/** Whatever was refused, in the words of the answer. */
export class DemoFailure extends Error {}

interface Listening {
  next(data: Data): void
  failed(failure: DemoFailure): void
}

/** A client as one would write it: fetch for queries, a websocket for what is pushed. */
export class DemoClient {
  #accessToken: string | null = null
  #socket: WsClient | null = null

  constructor(readonly url: string) {}

  set accessToken(token: string | null) {
    this.#accessToken = token
  }

  async run(name: string, variables: object = {}): Promise<Data> {
    return this.query(operation(name), variables)
  }

  async query(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.#accessToken ? { authorization: `Bearer ${this.#accessToken}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
    })
    const answer = (await response.json()) as Answer
    if (answer.errors?.length) throw new DemoFailure(answer.errors.map((error) => error.message).join(' '))
    return answer.data
  }

  /** Runs a mutation of one field and gives back its payload; what was refused stops the story. */
  async mutate(name: string, input: object): Promise<Data> {
    const data = await this.run(name, { input })
    const payload = Object.values(data)[0] as Data
    const refusals = payload.userErrors as Array<{ code: string; message: string }>
    if (refusals.length > 0) {
      throw new DemoFailure(refusals.map(({ code, message }) => `${code}: ${message}`).join(' '))
    }
    return payload
  }

  async signIn(email: string, password: string, marketplaceId?: string): Promise<Data> {
    this.#accessToken = null
    const payload = await this.mutate('sign-in', { email, password, ...(marketplaceId ? { marketplaceId } : {}) })
    this.#accessToken = payload.tokens.accessToken
    return payload
  }

  /** Hands each pushed event to `next`. */
  listen(name: string, variables: Record<string, unknown>, { next, failed }: Listening): void {
    this.#socket ??= createClient({
      url: `${this.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: () => ({ accessToken: this.#accessToken }),
    })
    this.#socket.subscribe<Record<string, unknown>>(
      { query: operation(name), variables },
      {
        next: ({ data }) => data && next(Object.values(data)[0]),
        error: (error) => failed(new DemoFailure(`The subscription ${name} failed: ${JSON.stringify(error)}`)),
        complete: () => undefined,
      },
    )
  }

  async close(): Promise<void> {
    await this.#socket?.dispose()
  }
}
