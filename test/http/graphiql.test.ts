import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Script } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import { graphiqlPage } from '../../src/http/graphiql.js'

describe('the explorer', () => {
  let server: Server
  let page: string
  let policy: string
  beforeAll(async () => {
    server = createServer(express().use((_request, response) => graphiqlPage(response)))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    ;({ page, policy } = await fetched())
  })
  afterAll(() => void server.close())

  async function fetched(): Promise<{ page: string; policy: string }> {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return { page: await response.text(), policy: response.headers.get('content-security-policy') ?? '' }
  }

  /** The text of its one script element, as a browser finds it. */
  function script(): { nonce: string; text: string } {
    const [, nonce = '', text = ''] = /<script nonce="([^"]+)">([\s\S]*)<\/script>\s*<\/body>/.exec(page) ?? []
    return { nonce, text }
  }

  test('has one script, which a browser may run and can read', () => {
    const { nonce, text } = script()
    expect(policy).toContain(`script-src 'nonce-${nonce}';`)
    // Within the script, nothing was touched, and nothing ends it early.
    expect(text).not.toContain(nonce)
    expect(text).not.toContain('</script')
    expect(() => new Script(text)).not.toThrow()
  })

  test('loads nothing from elsewhere', () => {
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("connect-src 'self'")
    expect(page).not.toMatch(/<(?:script|link|img|iframe)[^>]*\s(?:src|href)=["']?(?:https?:)?\/\//)
  })

  test('is told apart from one time to the next', async () => {
    const { policy: next } = await fetched()
    expect(next).not.toBe(policy)
  })

  test('hands the token of the headers to the websocket', () => {
    const settings = /Object\.assign\([\s\S]*?, (\(function \(\) \{[\s\S]*?\}\)\(\))\)\);?\s*$/.exec(script().text)?.[1]
    const live = (stored: string | null) =>
      new Script(settings as string).runInNewContext({ localStorage: { getItem: () => stored } }) as {
        onEditHeaders(text: string): void
        connectionParams(): { accessToken?: string }
      }
    expect(live(null).connectionParams()).toEqual({ accessToken: undefined })
    expect(live('{ "authorization": "Bearer mat_1" }').connectionParams()).toEqual({ accessToken: 'mat_1' })
    const edited = live('{ "Authorization": "Bearer mat_1" }')
    edited.onEditHeaders('{ "AUTHORIZATION": "bearer mat_2" }')
    expect(edited.connectionParams()).toEqual({ accessToken: 'mat_2' })
    edited.onEditHeaders('{ "Authorization": ')
    expect(edited.connectionParams()).toEqual({ accessToken: undefined })
  })
})
