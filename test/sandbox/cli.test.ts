import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { type Sandbox, secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { Contract } from './contract/contract.js'
import { control, Receiver } from './receiver.js'
import { sdks } from './sdks.js'

// The program itself, because what npm puts before it does not hand signals on.
const folder = fileURLToPath(new URL('../../node_modules/@stripe/', import.meta.url))
const program = join(folder, `cli-${process.platform}-${process.arch}`, 'bin', 'stripe')
/** It is installed for the platforms that the tests are usually run on. */
const isThere = existsSync(program)

const started = ['customer.created', 'invoiceitem.created', 'customer.updated', 'invoice.created']
const withCard = [
  'customer.created',
  'payment_method.attached',
  'invoiceitem.created',
  'customer.updated',
  'invoice.created',
]
const finalized = ['invoice.finalized', 'invoice.updated', 'payment_intent.created']
const paid = [
  ...['invoice.paid', 'invoice.payment_succeeded', 'invoice.updated', 'payment_intent.succeeded', 'charge.succeeded'],
  'invoice_payment.paid',
]
const failed = ['invoice.payment_failed', 'invoice.updated', 'payment_intent.payment_failed', 'charge.failed']
const toBeConfirmed = [
  ...['invoice.payment_action_required', 'invoice.payment_failed', 'invoice.updated'],
  'payment_intent.requires_action',
]

/** What each trigger does to an invoice is told by these events, in this order. */
const triggers: readonly (readonly [trigger: string, told: readonly string[]])[] = [
  ['invoice.created', started],
  ['invoice.updated', [...started, 'invoice.updated']],
  ['invoice.deleted', [...started, 'invoice.deleted']],
  ['invoice.finalized', [...started, ...finalized]],
  ['invoice.sent', [...started, ...finalized, 'invoice.sent']],
  ['invoice.paid', [...withCard, ...finalized, ...paid]],
  ['invoice.payment_succeeded', [...withCard, ...finalized, ...paid]],
  ['invoice.payment_failed', [...withCard, ...finalized, ...failed]],
  ['invoice.payment_action_required', [...withCard, ...finalized, ...toBeConfirmed]],
  ['invoice.voided', [...started, ...finalized, 'invoice.voided', 'invoice.updated', 'payment_intent.canceled']],
  ['invoice.marked_uncollectible', [...started, ...finalized, 'invoice.marked_uncollectible', 'invoice.updated']],
]

const describeHere = isThere ? describe : describe.skip

describeHere('The official CLI takes the sandbox for Stripe', () => {
  const contract = new Contract()
  let sandbox: Sandbox
  let stripe: Stripe
  let home: string

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'stripe-cli-'))
    sandbox = await startSandbox({ seed: 'cli', watch: contract.watch })
    stripe = (sdks.at(-1) as (typeof sdks)[number]).open(sandbox.url, secretKey)
  })
  afterAll(async () => {
    await sandbox.close()
    await rm(home, { recursive: true, force: true })
  })
  beforeEach(() => control(sandbox.url, 'POST', 'reset'))

  const options = () => ({
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, STRIPE_CLI_TELEMETRY_OPTOUT: '1' },
  })
  const at = (...args: string[]) => [...args, '--api-base', sandbox.url, '--api-key', secretKey]

  /** What it prints; it throws where the program says that it failed. */
  function cli(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(program, at(...args), options(), (error, stdout, stderr) => {
        if (error) reject(new Error(`stripe ${args.join(' ')}: ${stdout}${stderr}`))
        else resolve(stdout)
      })
    })
  }

  async function typesSoFar(): Promise<string[]> {
    const { data } = await stripe.events.list({ limit: 100 })
    return data.map(({ type }) => type as string).reverse()
  }

  it.each(triggers)('trigger %s', async (trigger, told) => {
    await cli('trigger', trigger)
    expect(await typesSoFar()).toEqual(told)
  })

  it.each([
    ['customer.created', ['customer.created']],
    ['customer.updated', ['customer.created', 'customer.updated']],
    ['customer.deleted', ['customer.created', 'customer.deleted']],
    ['credit_note.created', expect.arrayContaining(['credit_note.created'])],
    ['billing_portal.session.created', expect.arrayContaining(['billing_portal.session.created'])],
    ['test_helpers.test_clock.ready', expect.arrayContaining(['test_helpers.test_clock.ready'])],
  ])('trigger %s', async (trigger, told) => {
    await cli('trigger', trigger)
    expect(await typesSoFar()).toEqual(told)
  })

  it('trigger with overrides and another API version', async () => {
    const override = ['--override', 'invoice:description=By override', '--api-version', '2022-11-15']
    await cli('trigger', 'invoice.finalized', ...override)
    const { data } = await stripe.invoices.list()
    expect(data).toMatchObject([{ description: 'By override', status: 'open' }])
    const { data: asked } = await control(sandbox.url, 'GET', 'requests')
    expect(asked).toEqual(expect.arrayContaining([expect.objectContaining({ version: '2022-11-15', status: 200 })]))
  })

  it('runs a file of fixtures, one request referring to another', async () => {
    // How a fixture refers to an earlier one.
    const from = (name: string) => `\${${name}:id}`
    const fixtures = [
      { name: 'buyer', path: '/v1/customers', method: 'post', params: { email: 'buyer@acme.example' } },
      {
        name: 'draft',
        path: '/v1/invoices',
        method: 'post',
        params: { customer: from('buyer'), collection_method: 'send_invoice', days_until_due: 7 },
      },
      {
        name: 'lines',
        path: `/v1/invoices/${from('draft')}/add_lines`,
        method: 'post',
        params: { lines: [{ amount: 1200, description: 'Base' }] },
      },
      { name: 'open', path: `/v1/invoices/${from('draft')}/finalize`, method: 'post' },
    ]
    const file = join(home, 'fixtures.json')
    await writeFile(file, JSON.stringify({ _meta: { template_version: 0 }, fixtures }))
    await cli('fixtures', file)
    expect((await stripe.invoices.list()).data).toMatchObject([{ status: 'open', total: 1200 }])
  })

  it('sends an event to an endpoint again', async () => {
    const receiver = await Receiver.start(contract)
    const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['invoice.paid'] })
    await cli('trigger', 'customer.created')
    const [event] = (await stripe.events.list()).data as [Stripe.Event]
    expect(await cli('events', 'resend', event.id, '--webhook-endpoint', endpoint.id)).toContain(event.id)
    expect((await receiver.first('customer.created')).event.id).toBe(event.id)
    await receiver.close()
  })

  describe('listen', () => {
    let receiver: Receiver
    let listening: ChildProcess

    beforeAll(async () => {
      receiver = await Receiver.start(contract)
    })
    afterAll(() => receiver.close())

    /** Until it says that it is ready; the secret that it signs with. */
    function listen(...args: string[]): Promise<string> {
      listening = spawn(program, at('listen', ...args, '--forward-to', receiver.url), options())
      return new Promise((resolve, reject) => {
        let told = ''
        const hear = (chunk: Buffer) => {
          told += String(chunk)
          const secret = /signing secret is (whsec_\w+)/.exec(told)?.[1]
          if (secret) resolve(secret)
        }
        listening.stdout?.on('data', hear)
        listening.stderr?.on('data', hear)
        listening.once('exit', (code) => reject(new Error(`listen ended with ${code}: ${told}`)))
      })
    }

    it('forwards what it is told to, signed so that the SDK accepts it, also a second time', async () => {
      const secret = await listen('--events', 'invoice.paid,invoice.finalized')
      await cli('trigger', 'invoice.paid')
      const { body, headers } = await receiver.first('invoice.paid')
      await receiver.first('invoice.finalized')
      expect([...receiver.types].sort()).toEqual(['invoice.finalized', 'invoice.paid'])
      const event = await stripe.webhooks.constructEventAsync(body, headers['stripe-signature'] as string, secret)
      expect(event.type).toBe('invoice.paid')

      await cli('events', 'resend', event.id)
      const [, again] = await receiver.until('invoice.paid', 2)
      expect(again?.event.id).toBe(event.id)
      const ended = new Promise((resolve) => listening.once('exit', resolve))
      listening.kill('SIGINT')
      await ended
    })
  })

  it('resolves which permissions a key needs', async () => {
    const told = await cli('keys', 'permissions', 'POST /v1/invoices', 'POST /v1/invoiceitems')
    expect(told).toContain('invoice_write')
    expect(told).toContain('invoice_item_write')
  })

  it('was all as the schemas declare it', () => {
    expect(contract.problems).toEqual([])
    expect(contract.checked).toBeGreaterThan(150)
  })
})
