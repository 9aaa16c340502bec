import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Cli } from '../api/route.js'
import type { Engine } from '../engine/engine.js'
import { idAt } from '../ledger/ids.js'
import type { StripeEvent } from '../ledger/records.js'
import { renderEvent } from '../render/event.js'
import type { Settings } from '../settings.js'
import { newestVersion } from '../wire/api-versions.js'
import { signed } from './letter.js'

const subprotocol = 'stripecli-devproxy-v1'
export const cliPath = '/stripecli/listen'

/** `stripe listen`: events go over a websocket to the CLI, which hands them on to a program on that machine. */
export class CliListeners implements Cli {
  readonly #engine: Engine
  readonly #settings: Settings
  readonly #baseUrl: () => string
  readonly #sessions = new Map<string, string>()
  readonly #listening = new Map<WebSocket, string>()
  readonly #server = new WebSocketServer({ noServer: true, handleProtocols: () => subprotocol })
  #opened = 0
  #sent = 0

  constructor(engine: Engine, settings: Settings, baseUrl: () => string) {
    this.#engine = engine
    this.#settings = settings
    this.#baseUrl = baseUrl
    engine.onEvents((events) => this.tell(events))
  }

  open(account: string): object {
    const id = idAt(this.#engine.state.seed, `cliws:${++this.#opened}`, 'cliws_', 24)
    this.#sessions.set(id, account)
    return {
      object: 'stripecli.session',
      default_version: this.#settings.defaultVersion,
      display_connect_filter_warning: false,
      latest_version: newestVersion,
      reconnect_delay: 60,
      secret: this.#secretOf(account),
      websocket_authorized_feature: 'webhooks',
      websocket_id: id,
      websocket_url: `${this.#baseUrl().replace(/^http/, 'ws')}${cliPath}`,
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const account = this.#sessions.get(String(request.headers['websocket-id']))
    if (!request.url?.startsWith(cliPath) || account === undefined) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
      return
    }
    this.#server.handleUpgrade(request, socket, head, (listener) => {
      this.#listening.set(listener, account)
      listener.on('close', () => this.#listening.delete(listener))
    })
  }

  close(): void {
    for (const listener of this.#listening.keys()) listener.terminate()
  }

  /** The same for an account each time, so that it can be written down. */
  #secretOf(account: string): string {
    return idAt(this.#engine.state.seed, `cli:${account}`, 'whsec_', 32)
  }

  tell(events: readonly StripeEvent[]): void {
    if (this.#listening.size === 0) return
    for (const event of events) {
      for (const [listener, account] of this.#listening) if (account === event.account) this.#send(listener, event)
    }
  }

  #send(listener: WebSocket, event: StripeEvent): void {
    const { state, clock } = this.#engine
    const version = this.#settings.defaultVersion
    const rendering = { state, version, baseUrl: this.#baseUrl(), now: event.created, inEvent: true }
    const event_payload = JSON.stringify(renderEvent(event, rendering), null, 2)
    const http_headers = signed(event_payload, [this.#secretOf(event.account)], Math.floor(clock.realNow / 1000))
    const message = {
      type: 'webhook_event',
      endpoint: { api_version: null },
      event_payload,
      http_headers,
      webhook_conversation_id: `wc_${++this.#sent}`,
      webhook_id: `wh_${this.#sent}`,
    }
    listener.send(JSON.stringify(message))
  }
}
