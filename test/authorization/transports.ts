import { createClient, type Client as SocketClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { Client } from '../support/client.js'

export interface Answer {
  readonly data: Record<string, unknown> | null
  /** What stands in `extensions.code` of each error. */
  readonly codes: string[]
}

export interface Transport {
  readonly name: string
  ask(document: string, variables?: Record<string, unknown>): Promise<Answer>
  close(): Promise<void>
}

export function overHttp(client: Client): Transport {
  return {
    name: 'HTTP',
    async ask(document, variables) {
      const { data, errors } = await client.ask<Record<string, unknown>, Record<string, unknown>>(document, variables)
      return { data, codes: errors.map(({ extensions, message }) => extensions?.code ?? message) }
    },
    close: async () => undefined,
  }
}

/** Queries and mutations over the socket on which others listen. */
export function overSocket({ url, accessToken }: Client): Transport {
  let socket: SocketClient | undefined
  return {
    name: 'websocket',
    ask(query, variables = {}) {
      socket ??= createClient({
        url: `${url.replace(/^http/, 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { accessToken },
        retryAttempts: 0,
      })
      const { subscribe } = socket
      return new Promise((resolve, reject) => {
        let answer: Answer = { data: null, codes: [] }
        subscribe<Record<string, unknown>>(
          { query, variables },
          {
            next: ({ data, errors = [] }) => {
              answer = { data: data ?? null, codes: errors.map(codeOf) }
            },
            error: (error) => {
              if (Array.isArray(error)) resolve({ data: null, codes: error.map(codeOf) })
              else if ((error as { code?: number }).code === 4403) resolve({ data: null, codes: ['UNAUTHENTICATED'] })
              else reject(error instanceof Error ? error : new Error(`The websocket ended: ${describe(error)}`))
            },
            complete: () => resolve(answer),
          },
        )
      })
    },
    async close() {
      await socket?.dispose()
    },
  }
}

const codeOf = ({ extensions, message }: { extensions?: Record<string, unknown>; message: string }): string =>
  typeof extensions?.code === 'string' ? extensions.code : message

function describe(error: unknown): string {
  const { code, reason } = error as { code?: number; reason?: string }
  return `${code} ${reason}`
}
