import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from '@jest/globals'
import { startBackend } from '../support/backend.js'

/** Far less than what requests are given before they are cut. */
const promptly = 12_000

describe('a backend that is told to stop', () => {
  test(
    'answers the request under way, takes no other, and does not wait for connections that are kept open',
    async () => {
      const backend = await startBackend()
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const body = JSON.stringify({ query: '{ marketplaces { totalCount } }' })
      const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' }
      const underWay = request(`${backend.url}/graphql`, { method: 'POST', agent, headers })
      const answered = once(underWay, 'response')
      underWay.flushHeaders()
      // The backend has read that there is a request.
      await once(underWay, 'continue')
      const stopped = backend.stop()

      underWay.end(body)
      const [response] = await answered
      expect(response.statusCode).toBe(200)
      expect(JSON.parse(await text(response))).toEqual({ data: { marketplaces: { totalCount: 0 } } })
      await expect(fetch(`${backend.url}/livez`)).rejects.toThrow()
      await stopped
      agent.destroy()
      expect(backend.complaints).toEqual([])
    },
    promptly,
  )
})
