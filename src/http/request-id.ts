import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestHandler } from 'express'
import { v4 as uuid } from 'uuid'

const current = new AsyncLocalStorage<string>()

/** Gives each request an id that its answer, its errors and the log have in common. */
export const requestIds: RequestHandler = (_request, response, next) => {
  const id = uuid()
  response.setHeader('X-Request-Id', id)
  current.run(id, next)
}

export function currentRequestId(): string {
  return current.getStore() ?? uuid()
}
