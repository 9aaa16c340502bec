import { once } from 'node:events'
import { WebSocket } from 'ws'

const patienceInMs = 15_000

export interface SocketMessage {
  id?: string
  type: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the backend says, as it is
  payload?: any
}

export interface SocketEnd {
  code: number
  reason: string
}

/** A websocket that says exactly what it is told to, well-formed or not, and shows all that comes back. */
export class RawSocket {
  readonly messages: SocketMessage[] = []
  /** Set once it is closed. */
  end: SocketEnd | null = null
  #read = 0
  #lastId = 0
  #wake: () => void = () => undefined

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as SocketMessage)
      this.#wake()
    })
    ws.on('close', (code, reason) => {
      this.end = { code, reason: String(reason) }
      this.#wake()
    })
    ws.on('error', () => undefined)
  }

  /** @throws when the handshake is refused */
  static async open(
    url: string,
    { protocol = 'graphql-transport-ws', origin }: { protocol?: string | null; origin?: string } = {},
  ): Promise<RawSocket> {
    const address = `${url.replace(/^http/, 'ws')}/graphql`
    const ws = new WebSocket(address, protocol ?? [], origin === undefined ? {} : { origin })
    const socket = new RawSocket(ws)
    await once(ws, 'open')
    return socket
  }

  /** Open and greeted, as whoever holds the token. */
  static async greeted(url: string, accessToken: string | null): Promise<RawSocket> {
    const socket = await RawSocket.open(url)
    socket.say({ type: 'connection_init', payload: { accessToken } })
    await socket.next(({ type }) => type === 'connection_ack')
    return socket
  }

  say(message: object | string): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Begins an operation. @returns its id */
  begin(query: string, variables?: object): string {
    const id = String(++this.#lastId)
    this.say({ id, type: 'subscribe', payload: { query, variables } })
    return id
  }

  /** One operation and what first comes back for it. */
  ask(query: string, variables?: object): Promise<SocketMessage> {
    const id = this.begin(query, variables)
    return this.next((message) => message.id === id)
  }

  /** The next message that was not read yet and fits, now or when it comes; those before it count as read. */
  next(fits: (message: SocketMessage) => boolean = () => true): Promise<SocketMessage> {
    return this.#until(() => {
      while (this.#read < this.messages.length) {
        const message = this.messages[this.#read++] as SocketMessage
        if (fits(message)) return message
      }
      if (this.end) throw new Error(`The websocket was closed: ${JSON.stringify(this.end)}`)
      return undefined
    })
  }

  /** How it ends. */
  closed(): Promise<SocketEnd> {
    return this.#until(() => this.end ?? undefined)
  }

  /** The code of the one error with which an operation is answered, however it was sent. */
  async fault(query: string, variables?: object): Promise<string> {
    const { type, payload } = await this.ask(query, variables)
    const [error] = type === 'error' ? payload : (payload.errors ?? [])
    if (!error || payload.data) throw new Error(`It did not fail: ${JSON.stringify(payload)}`)
    return error.extensions.code
  }

  close(): void {
    this.ws.terminate()
  }

  async #until<Value>(look: () => Value | undefined): Promise<Value> {
    const deadline = Date.now() + patienceInMs
    for (;;) {
      const value = look()
      if (value !== undefined) return value
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`It did not come in time. Said so far: ${JSON.stringify(this.messages)}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** The status with which a handshake is refused; 101 when it is not. */
export async function handshakeStatus(
  url: string,
  about: { path?: string; origin?: string; protocol?: string } = {},
): Promise<number> {
  const { path = '/graphql', origin, protocol = 'graphql-transport-ws' } = about
  const ws = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, protocol, origin === undefined ? {} : { origin })
  ws.on('error', () => undefined)
  return new Promise((resolve) => {
    ws.once('open', () => {
      ws.terminate()
      resolve(101)
    })
    ws.once('unexpected-response', (request, response) => {
      request.destroy()
      resolve(response.statusCode ?? 0)
    })
  })
}
