import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Api } from './api/api.js'
import { Control } from './control/control.js'
import { RequestLog } from './control/request-log.js'
import { Engine } from './engine/engine.js'
import { Journal } from './engine/journal.js'
import { Faults } from './faults/faults.js'
import { type Exchange, listenAt, serve } from './http-server.js'
import { idAt } from './ledger/ids.js'
import { emptyState, type State } from './ledger/state.js'
import { Pages } from './pages/pages.js'
import { type Settings, standardSettings } from './settings.js'
import { CliListeners } from './webhooks/cli-listeners.js'
import { WebhookCourier } from './webhooks/courier.js'

export const secretKey = 'sk_test_sandbox_secret_0001'
export const restrictedKey = 'rk_test_sandbox_restricted_0001'
const firstAccount = 'acct_1SandboxMarketplace'
const usuallyCompactedAfter = 20_000

export interface SandboxOptions {
  /** 0, the default, is any free one. */
  readonly port?: number
  readonly host?: string
  /** Null keeps everything in memory. */
  readonly journalPath?: string | null
  /** After so many changes the journal is looked at for what it could leave out. */
  readonly compactAfter?: number
  /** Of the ids and of chance. A journal keeps the seed that it began with. */
  readonly seed?: string
  readonly settings?: Partial<Settings>
  /** Real time in milliseconds; the sandbox's own clock is ahead of it by what it was moved. */
  readonly realTime?: () => number
  /** Told of every request that no fault has spoilt, before it is answered. */
  readonly watch?: (exchange: Exchange) => void
}

export interface Sandbox {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Stripe for development, demo and tests. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1' } = options
  // First the port: whoever else has it may be writing the same journal.
  const server = await listenAt(port, host)
  try {
    return sandboxAt(server, options)
  } catch (error) {
    server.close()
    throw error
  }
}

/** At once, so that nobody is answered before everything is there. */
function sandboxAt(server: Server, options: SandboxOptions): Sandbox {
  const { journalPath = null, seed = randomUUID(), realTime = Date.now, compactAfter = usuallyCompactedAfter } = options
  const { state, journal } = journalPath === null ? inMemory(seed) : Journal.open(journalPath, seed, compactAfter)
  const settings: Settings = { ...standardSettings, ...options.settings }
  const engine = new Engine(state, journal, realTime)
  const faults = new Faults(state.seed)
  const log = new RequestLog(realTime)
  const address = server.address() as AddressInfo
  const url = urlOf(address)
  const baseUrl = () => url
  const courier = new WebhookCourier(engine, settings, faults, baseUrl)
  const listeners = new CliListeners(engine, settings, baseUrl)

  const reset = () => {
    engine.reset()
    faults.clear()
    log.clear()
    Object.assign(settings, standardSettings, options.settings)
    furnish(engine)
  }
  serve(server, {
    api: new Api(engine, settings, baseUrl, listeners),
    pages: new Pages(engine, settings, baseUrl),
    control: new Control({ engine, settings, faults, log, reset }),
    faults,
    courier,
    listeners,
    log,
    nextRequestId: requestIds(state),
    watch: options.watch ?? (() => {}),
  })
  furnish(engine)
  engine.start(courier)

  return {
    url,
    port: address.port,
    async close() {
      courier.close()
      listeners.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await engine.close()
    },
  }
}

function inMemory(seed: string): { state: State; journal: null } {
  return { state: emptyState(seed), journal: null }
}

function urlOf({ address, family, port }: AddressInfo): string {
  const everywhere = address === '0.0.0.0' || address === '::'
  const host = everywhere ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}

/** The account and the keys that are there from the beginning. */
function furnish(engine: Engine): void {
  if (engine.state.tables.keys.get(secretKey)) return
  const asking = { account: firstAccount, request: null }
  engine.execute({ do: 'account.create', id: firstAccount }, asking)
  engine.execute({ do: 'key.create', key: secretKey, permissions: null }, asking)
  const permissions = ['customers:write', 'invoices:write']
  engine.execute({ do: 'key.create', key: restrictedKey, permissions }, asking)
}

/** Seeded as all ids are; they begin anew where the state has come to when the sandbox starts. */
function requestIds(state: State): () => string {
  const start = state.sequence
  let count = 0
  return () => idAt(state.seed, `request:${start}:${++count}`, 'req_', 14)
}
