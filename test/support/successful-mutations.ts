export interface SuccessfulMutation {
  name: string
  requestId: string
}

/** Notes what clients do with success from now on, as somebody between them and the backend would see it. */
export function successfulMutations(backendUrl: string): { stop: () => SuccessfulMutation[] } {
  const direct = globalThis.fetch
  const seen: SuccessfulMutation[] = []
  globalThis.fetch = async (input, init) => {
    const response = await direct(input, init)
    const name = input === `${backendUrl}/graphql` ? mutationIn(init?.body) : null
    if (name) {
      const { data, errors } = (await response.clone().json()) as {
        data?: Record<string, { userErrors: unknown[] }>
        errors?: unknown
      }
      const requestId = response.headers.get('x-request-id') as string
      if (!errors && data?.[name]?.userErrors.length === 0) seen.push({ name, requestId })
    }
    return response
  }
  return {
    stop() {
      globalThis.fetch = direct
      return seen
    },
  }
}

function mutationIn(body: unknown): string | null {
  const { query } = JSON.parse(String(body)) as { query: string }
  return /^mutation[^{]*\{\s*(\w+)/.exec(query)?.[1] ?? null
}
