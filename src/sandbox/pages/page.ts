import { document, html } from './html.js'

/** What is answered to a browser. */
export interface Page {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string | Buffer
}

const security = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
}

export function htmlPage(status: number, body: string): Page {
  return { status, headers: { ...security, 'Content-Type': 'text/html; charset=utf-8' }, body }
}

export function seeOther(location: string): Page {
  return { status: 303, headers: { ...security, Location: location, 'Content-Type': 'text/plain' }, body: '' }
}

export function plainPage(title: string, text: string): string {
  return document(title, html`<div class="card"><h1>${title}</h1><p>${text}</p></div>`)
}
