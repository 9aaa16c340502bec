import { randomBytes } from 'node:crypto'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { Request, Response } from 'express'

const welcome = `# Sign in with \`signIn\`. Then put the access
# token below, under «Headers»:
#
#   { "Authorization": "Bearer mat_…" }
#
# Queries, mutations and live subscriptions
# are then made with it.

{
  viewer {
    user { email }
  }
  marketplaces {
    nodes { id slug name }
  }
}
`

/**
 * Subscriptions go over the websocket, which carries no headers: the token of the «Headers» pane is handed to
 * it as \`connectionParams.accessToken\`, read anew for each connection.
 */
const liveSettings = `(function () {
  let edited = null
  const token = function () {
    try {
      const headers = JSON.parse(edited ?? localStorage.getItem('graphiql:headers') ?? '{}')
      const name = Object.keys(headers).find(function (key) { return key.toLowerCase() === 'authorization' })
      return name ? headers[name].replace(/^Bearer /i, '') : undefined
    } catch { return undefined }
  }
  return {
    onEditHeaders: function (text) { edited = text },
    connectionParams: function () { return { accessToken: token() } },
  }
})()`

const optionsStart = "window.document.querySelector('#root'),"

/** Whether a browser wants to see something, rather than a program an answer. */
export function wantsPage(request: Request): boolean {
  return request.query['query'] === undefined && request.accepts(['application/json', 'text/html']) === 'text/html'
}

/** The explorer, whole in one page: nothing is loaded from elsewhere, and its endpoint is this address alone. */
export function graphiqlPage(response: Response): void {
  const nonce = randomBytes(16).toString('base64')
  const sources = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'unsafe-inline'",
    'worker-src blob:',
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  response.setHeader('Content-Security-Policy', sources.join('; '))
  // The page's one script element comes first; within it the same words are text.
  response.type('html').send(page().replace('<script>', () => `<script nonce="${nonce}">`))
}

let rendered: string | null = null

function page(): string {
  rendered ??= render()
  return rendered
}

function render(): string {
  const html = renderGraphiQL({
    title: 'API marketplace',
    endpoint: '/graphql',
    defaultQuery: welcome,
    subscriptionsProtocol: 'WS' as never,
    shouldPersistHeaders: true,
  })
  const at = html.lastIndexOf(optionsStart)
  if (at < 0) throw new Error('The explorer has another form than expected: its live settings cannot be added.')
  const end = html.lastIndexOf(');')
  const options = html
    .slice(at + optionsStart.length, end)
    .trim()
    .replace(/,$/, '')
  return `${html.slice(0, at + optionsStart.length)} Object.assign(${options}, ${liveSettings})${html.slice(end)}`
}
