import { statSync } from 'node:fs'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { Engine } from '../../src/sandbox/engine/engine.js'
import { Journal } from '../../src/sandbox/engine/journal.js'
import type { Command } from '../../src/sandbox/ledger/command.js'
import type { Row, StoredAnswer } from '../../src/sandbox/ledger/records.js'
import type { State } from '../../src/sandbox/ledger/state.js'
import { type Sandbox, type SandboxOptions, secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { control, Receiver } from './receiver.js'
import { type Sdk, sdks } from './sdks.js'

const sdk = sdks.at(-1) as Sdk
const seldom = 20_000
const noon = Date.UTC(2027, 0, 1, 12)

describe('The journal of the sandbox', () => {
  let folder: string
  let sandbox: Sandbox | null = null

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
  })
  afterEach(async () => {
    await sandbox?.close()
    sandbox = null
    await rm(folder, { recursive: true, force: true })
  })

  const path = (name = 'journal') => join(folder, `${name}.jsonl`)

  async function start(options: SandboxOptions = {}): Promise<Stripe> {
    await sandbox?.close()
    sandbox = await startSandbox({ journalPath: path(), seed: 'journal', ...options })
    return sdk.open(sandbox.url, secretKey)
  }

  async function open(stripe: Stripe): Promise<Stripe.Invoice> {
    const customer = await stripe.customers.create({ email: 'a@acme.example' })
    const { id } = await stripe.invoices.create({
      customer: customer.id,
      collection_method: 'send_invoice',
      days_until_due: 7,
    })
    await stripe.invoices.addLines(id, { lines: [{ amount: 1000, description: 'Base' }] })
    return stripe.invoices.finalizeInvoice(id)
  }

  /** Without an SDK, which would give every request a key by chance. */
  async function ask(resource: string, body: string): Promise<string> {
    const headers = { authorization: `Bearer ${secretKey}` }
    const response = await fetch(`${(sandbox as Sandbox).url}/v1/${resource}`, { method: 'POST', headers, body })
    return ((await response.json()) as { id: string }).id
  }

  /** Without the address, which is another after each start. */
  async function eventsAt(stripe: Stripe): Promise<object> {
    const { data } = await stripe.events.list({ limit: 100 })
    return JSON.parse(JSON.stringify(data).replaceAll((sandbox as Sandbox).url, '')) as object
  }

  interface Moment {
    size: number
    state: object
  }

  /** Everything that the state holds, as it would be written down. */
  const told = (state: State): object =>
    JSON.parse(JSON.stringify([state, Object.values(state.tables).map((table) => [...table.values()])])) as object

  async function heldIn(journalPath: string): Promise<object> {
    const { journal, state } = Journal.open(journalPath, 'another', seldom)
    const held = told(state)
    await journal.close()
    return held
  }

  const asking = { account: 'acct_one', request: { id: 'req_1', idempotency_key: null } }

  function rename(engine: Engine, at: number): void {
    const [customer] = engine.state.tables.customers.values()
    engine.execute({ do: 'customer.update', id: (customer as Row).id, params: { name: `Ärger ${at}` } }, asking)
  }

  /** An invoice from its customer to its payment, a draft that is deleted, and how the journal stood after each step. */
  function live(journalPath: string, compactAfter = seldom) {
    const { journal, state } = Journal.open(journalPath, 'journal', compactAfter)
    const engine = new Engine(state, journal, () => noon)
    const moments: Moment[] = []
    const step = (command: Command): Row | null => {
      const { result } = engine.execute(command, asking)
      moments.push({ size: statSync(journalPath).size, state: told(state) })
      return result
    }
    step({ do: 'account.create', id: asking.account })
    const customer = (step({ do: 'customer.create', params: { name: 'Acme\tGmbH 🧾' } }) as Row).id
    step({ do: 'item.create', params: { customer, amount: 700, currency: 'usd' } })
    const draft = (step({ do: 'invoice.create', params: { customer } }) as Row).id
    step({ do: 'invoice.delete', id: draft })
    const id = (
      step({ do: 'invoice.create', params: { customer, collection_method: 'send_invoice', days_until_due: 7 } }) as Row
    ).id
    step({ do: 'invoice.add_lines', id, params: { lines: [{ amount: 1000, description: 'Base' }] } })
    step({ do: 'answer.store', answer: answerTo('once', state.tables.invoices.get(id) as Row) })
    step({ do: 'invoice.finalize', id })
    step({ do: 'invoice.pay', id, params: { paid_out_of_band: true } })
    step({ do: 'answer.store', answer: answerTo('once', state.tables.invoices.get(id) as Row) })
    return { engine, state, moments }
  }

  function answerTo(key: string, object: Row): StoredAnswer {
    const { account } = asking
    const of = { id: `${account}:${key}`, account, created: noon / 1000, fingerprint: 'f', request: '/v1/invoices' }
    return { ...of, status: 200, body: null, kind: 'invoice', object, version: '2024-06-20' }
  }

  const stateOf = () => control((sandbox as Sandbox).url, 'GET', 'state')

  it('brings back everything: state, clock, answers to idempotency keys', async () => {
    let stripe = await start({ realTime: () => noon })
    const invoice = await open(stripe)
    const once = { idempotencyKey: 'once' }
    const made = await stripe.customers.create({ name: 'Once' }, once)
    await stripe.invoices.pay(invoice.id, { payment_method: 'pm_usBankAccount_success' })
    await control((sandbox as Sandbox).url, 'POST', 'clock', { advance: 'PT12H' })
    await control((sandbox as Sandbox).url, 'POST', 'clock', { frozen: true })
    const before = await stateOf()
    const events = await eventsAt(stripe)

    stripe = await start({ realTime: () => noon + 5_000 })
    expect(await stateOf()).toEqual(before)
    expect(await eventsAt(stripe)).toEqual(events)
    expect((await stripe.customers.create({ name: 'Once' }, once)).id).toBe(made.id)
    await control((sandbox as Sandbox).url, 'POST', 'clock', { advance: 'P4D' })
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid' })
  })

  it('is the same to the last byte for the same seed and the same commands', async () => {
    const written: string[] = []
    for (const name of ['one', 'other']) {
      await start({ journalPath: path(name), realTime: () => noon })
      const customer = await ask('customers', 'email=a@acme.example')
      const invoice = await ask('invoices', `customer=${customer}`)
      await ask(`invoices/${invoice}/add_lines`, 'lines[0][amount]=1000')
      await ask(`invoices/${invoice}/pay`, 'payment_method=pm_card_visa')
      written.push(await readFile(path(name), 'utf8'))
    }
    expect(written[1]).toBe(written[0])
  })

  it('loses nothing to an end in the middle of a line', async () => {
    let stripe = await start()
    const invoice = await open(stripe)
    await sandbox?.close()
    sandbox = null
    await appendFile(path(), '{"sequence":99999,"changes":[["+","custom')
    stripe = await start()
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open' })
    await stripe.customers.create({})
    stripe = await start()
    expect((await stripe.customers.list()).data).toHaveLength(2)
  })

  it('loses nothing of what was answered, wherever the end cuts it', async () => {
    const { engine, moments } = live(path())
    await engine.close()
    const written = await readFile(path())
    for (const [at, { size, state }] of moments.entries()) {
      const next = moments[at + 1]?.size ?? size
      for (const cut of new Set([size, size + 1, Math.floor((size + next) / 2), next - 1])) {
        if (cut < size) continue
        await writeFile(path('cut'), written.subarray(0, cut))
        expect(await heldIn(path('cut'))).toEqual(state)
        expect((await stat(path('cut'))).size).toBe(size)
      }
    }
  })

  it('is the same after it was written anew, with what was told meanwhile', async () => {
    const { state, engine } = live(path(), 10)
    const { ino } = await stat(path())
    for (let at = 0; at < 40; at++) rename(engine, at)
    const before = told(state)
    await engine.close()
    expect((await stat(path())).ino).not.toBe(ino)
    expect(await heldIn(path())).toEqual(before)
  })

  it('begins anew on the spot where it was written anew before', async () => {
    let stripe = await start({ compactAfter: 20 })
    const { id } = await stripe.customers.create({})
    for (let at = 0; at < 60; at++) await stripe.customers.update(id, { name: `Name ${at}` })
    await control((sandbox as Sandbox).url, 'POST', 'clock', { advance: 'PT0S' })
    await control((sandbox as Sandbox).url, 'POST', 'reset')
    const made = await stripe.customers.create({ name: 'The first' })
    stripe = await start()
    expect((await stripe.customers.list()).data).toEqual([made])
  })

  it('passes over what an end has left of a file that was to take its place', async () => {
    let stripe = await start({ compactAfter: 20 })
    await appendFile(`${path()}.new`, '{"seed":"half of')
    const { id } = await stripe.customers.create({})
    for (let at = 0; at < 60; at++) await stripe.customers.update(id, { name: `Name ${at}` })
    const before = await stateOf()
    stripe = await start()
    expect(await stateOf()).toMatchObject({ customers: before.customers, events: before.events })
  })

  it('tells every version of a row, however often it was changed', async () => {
    let stripe = await start()
    const { id } = await stripe.customers.create({})
    for (let at = 0; at < 50; at++) await stripe.customers.update(id, { name: `Name ${at}` })
    stripe = await start()
    const events = await stripe.events.list({ limit: 100, type: 'customer.updated' })
    expect(events.data.map(({ data }) => (data.object as Stripe.Customer).name)).toEqual(
      Array.from({ length: 50 }, (_, at) => `Name ${49 - at}`),
    )
  })

  it('sends what was under way when it was stopped', async () => {
    const receiver = await Receiver.start()
    receiver.answers.push(500, 500)
    let stripe = await start()
    await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['customer.created'] })
    await stripe.customers.create({})
    await receiver.first('customer.created')
    stripe = await start()
    await receiver.until('customer.created', 3)
    await receiver.close()
  })

  it('does not grow for ever: what was overtaken is left out when it is written anew', async () => {
    let stripe = await start({ compactAfter: 50 })
    const { id } = await stripe.customers.create({})
    for (let at = 0; at < 200; at++) await stripe.customers.update(id, { name: `Name ${at}` })
    await control((sandbox as Sandbox).url, 'POST', 'clock', { advance: 'P31D' })
    for (let at = 0; at < 200; at++) await stripe.customers.update(id, { metadata: { at } })
    stripe = await start({ compactAfter: 50 })
    expect(await stripe.customers.retrieve(id)).toMatchObject({ name: 'Name 199', metadata: { at: '199' } })
    expect((await stat(path())).size).toBeLessThan(400_000)
  })
})
