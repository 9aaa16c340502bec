import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { createClient, type Client as SocketClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { LiveCursorDocument, SignInDocument } from './generated/graphql.js'

const patienceInMs = 45_000

interface RequestFault {
  message: string
  path?: Array<string | number>
  extensions?: { code?: string; retryAfter?: number }
}

export interface Answer<Data> {
  status: number
  data: Data | null
  errors: RequestFault[]
}

interface Refusal {
  code: string
  message: string
  field?: string[] | null
}

/** The one field of a mutation's data. */
type PayloadOf<Data> = NonNullable<Data[Exclude<keyof Data, '__typename'>]>

/** Fields that are there, because nothing was refused. */
type Done<Payload> = { [Field in keyof Payload]: NonNullable<Payload[Field]> }

/** A client as one would write it: HTTP for queries and mutations, a websocket for what is pushed. */
export class Client {
  accessToken: string | null = null
  refreshToken: string | null = null
  /** All that was ever answered, as it came: for those who look for what must not be in it. */
  readonly answers: string[] = []
  #socket: SocketClient | null = null

  constructor(
    readonly url: string,
    /** What the backend has logged, to be told with what went wrong on its side. */
    private readonly complaints: readonly string[] = [],
  ) {}

  async signIn(email: string, password: string, marketplaceId?: string) {
    // One that has ended is refused everywhere, so it is dropped first.
    this.accessToken = null
    const { tokens, viewer } = await this.mutate(SignInDocument, {
      email,
      password,
      ...(marketplaceId ? { marketplaceId } : {}),
    })
    this.take(tokens)
    return viewer
  }

  take(tokens: { accessToken: string; refreshToken: string }): void {
    this.accessToken = tokens.accessToken
    this.refreshToken = tokens.refreshToken
  }

  /** Whatever comes back, as it is. */
  async ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
  ): Promise<Answer<Data>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(this.accessToken ? { authorization: `Bearer ${this.accessToken}` } : {}),
      },
      body: JSON.stringify({ query: typeof document === 'string' ? document : print(document), variables }),
    })
    const text = await response.text()
    this.answers.push(text)
    const { data = null, errors = [] } = JSON.parse(text) as { data?: Data; errors?: RequestFault[] }
    return { status: response.status, data, errors }
  }

  /** @throws when anything at all went wrong */
  async query<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables?: Variables): Promise<Data> {
    const { data, errors } = await this.ask(document, variables)
    if (errors.length > 0 || !data)
      throw new Error(`The request failed: ${JSON.stringify(errors)}${this.#reason(errors)}`)
    return data
  }

  #reason(errors: RequestFault[]): string {
    const internal = errors.some(({ extensions }) => extensions?.code === 'INTERNAL_SERVER_ERROR')
    return internal ? `\nThe backend's last words: ${this.complaints.at(-1) ?? 'none'}` : ''
  }

  /** @throws when it was refused */
  async mutate<Data, Input>(
    document: TypedDocumentNode<Data, { input: Input }>,
    input: Input,
  ): Promise<Done<PayloadOf<Data>>> {
    const payload = await this.#payload(document, input)
    if (payload.userErrors.length > 0) throw new Error(`It was refused: ${JSON.stringify(payload.userErrors)}`)
    return payload as unknown as Done<PayloadOf<Data>>
  }

  /** @throws when it was not refused */
  async refused<Data, Input>(document: TypedDocumentNode<Data, { input: Input }>, input: Input): Promise<Refusal[]> {
    const payload = await this.#payload(document, input)
    if (payload.userErrors.length === 0) throw new Error(`It was not refused: ${JSON.stringify(payload)}`)
    return payload.userErrors
  }

  async #payload<Data, Input>(document: TypedDocumentNode<Data, { input: Input }>, input: Input) {
    const data = await this.query(document, { input })
    return Object.values(data as object)[0] as { userErrors: Refusal[] }
  }

  /** Hears everything that happens from now on: it begins at the cursor of this moment, as clients are told to. */
  async listen<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Listener<PayloadOf<Data>>> {
    const { liveCursor: after } = await this.query(LiveCursorDocument)
    return this.subscribe(document, { after, ...variables })
  }

  /** Without a cursor of its own: whoever needs to miss nothing calls `listen`. */
  subscribe<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Listener<PayloadOf<Data>> {
    this.#socket ??= createClient({
      url: `${this.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: () => ({ accessToken: this.accessToken }),
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => undefined,
    })
    const listener = new Listener<PayloadOf<Data>>()
    listener.stop = this.#socket.subscribe<Data>(
      { query: print(document), variables },
      {
        next: ({ data, errors }) => {
          if (errors)
            listener.end({
              errors: errors.map((error) => ({ message: error.message, extensions: error.extensions as never })),
            })
          else if (data) listener.take(Object.values(data)[0] as PayloadOf<Data>)
        },
        error: (error) => listener.end(error),
        complete: () => listener.end(null),
      },
    )
    return listener
  }

  async close(): Promise<void> {
    await this.#socket?.dispose()
    this.#socket = null
  }
}

/** What is pushed, in the order in which it comes. */
export class Listener<Event> {
  readonly received: Event[] = []
  /** How the subscription ended; undefined while it has not. */
  ended: unknown
  stop: () => void = () => undefined
  #read = 0
  readonly #waiting = new Set<() => void>()

  take(event: Event): void {
    this.received.push(event)
    this.#wake()
  }

  end(how: unknown): void {
    this.ended ??= how
    this.#wake()
  }

  /** The next that was not read yet and fits, now or when it comes; those before it count as read. */
  next(fits: (event: Event) => boolean = () => true): Promise<Event> {
    return this.#until(() => {
      while (this.#read < this.received.length) {
        const event = this.received[this.#read++] as Event
        if (fits(event)) return event
      }
      if (this.ended !== undefined) throw new Error(`The subscription has ended: ${describe(this.ended)}`)
      return undefined
    })
  }

  /** How it ends. */
  async ending(): Promise<unknown> {
    await this.#until(() => (this.ended === undefined ? undefined : true))
    return this.ended
  }

  async #until<Value>(look: () => Value | undefined): Promise<Value> {
    const deadline = Date.now() + patienceInMs
    for (;;) {
      const value = look()
      if (value !== undefined) return value
      const left = deadline - Date.now()
      if (left <= 0)
        throw new Error(`Nothing fitting was pushed in time. Pushed so far: ${JSON.stringify(this.received)}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

function describe(ended: unknown): string {
  const event = ended as { code?: number; reason?: string } | null
  return event?.code ? `${event.code} ${event.reason ?? ''}` : JSON.stringify(ended)
}
