import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { type Sandbox, type SandboxOptions, secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { control, Receiver } from './receiver.js'
import { type Sdk, sdks } from './sdks.js'

const sdk = sdks.at(-1) as Sdk
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

    stripe = await start({ realTime: () => noon + 5_000 })
    expect(await stateOf()).toEqual(before)
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
