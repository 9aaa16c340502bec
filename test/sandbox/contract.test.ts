import { beforeAll, describe, expect, it } from '@jest/globals'
import { secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { Contract } from './contract/contract.js'
import { releases } from './contract/schemas.js'

/** An exchange as the sandbox tells of it. */
type Exchange = Parameters<Contract['watch']>[0]

describe.each(Object.keys(releases))('The schemas of %s', (version) => {
  let exchanges: Exchange[]

  beforeAll(async () => {
    exchanges = []
    const sandbox = await startSandbox({ seed: 'contract', watch: (exchange) => exchanges.push(exchange) })
    const headers = { authorization: `Bearer ${secretKey}`, 'stripe-version': version }
    const ask = async (path: string, body: string) => {
      const response = await fetch(`${sandbox.url}/v1/${path}`, { method: 'POST', headers, body })
      return (await response.json()) as { id: string }
    }
    const customer = await ask('customers', 'email=a@acme.example')
    await ask('invoices', `customer=${customer.id}`)
    await ask('invoices', 'customer=cus_none')
    await sandbox.close()
  })

  /** What is found where the answer, or the request, was another one. */
  function found(at: number, change: (exchange: Exchange, body: Record<string, unknown>) => Exchange): string[] {
    const contract = new Contract()
    const exchange = exchanges[at] as Exchange
    contract.watch(change(exchange, JSON.parse(exchange.reply.body) as Record<string, unknown>))
    return contract.problems
  }

  const answered = (exchange: Exchange, body: object): Exchange => ({
    ...exchange,
    reply: { ...exchange.reply, body: JSON.stringify(body) },
  })
  const asked = (exchange: Exchange, form: string): Exchange => ({
    ...exchange,
    request: { ...exchange.request, form },
  })

  it('find nothing where all is well', () => {
    for (const at of [0, 1, 2]) expect(found(at, (exchange) => exchange)).toEqual([])
  })

  it.each([
    ['a field is missing', ({ total: _, ...rest }: Record<string, unknown>) => rest],
    ['there is one too many', (body: Record<string, unknown>) => ({ ...body, weather: 'fine' })],
    ['one is of another type', (body: Record<string, unknown>) => ({ ...body, amount_due: '100' })],
    ['it is an object that nobody knows', (body: Record<string, unknown>) => ({ ...body, object: 'unicorn' })],
  ])('find it where %s', (_what, change) => {
    expect(found(1, (exchange, body) => answered(exchange, change(body)))).toHaveLength(1)
  })

  it.each([['weather=fine'], ['customer[id]=cus_1'], ['customer=cus_1&auto_advance=perhaps']])(
    'find it where %s was done',
    (form) => {
      expect(found(1, (exchange) => asked(exchange, form))).toHaveLength(1)
    },
  )

  it('find it where a refusal is none', () => {
    expect(found(2, (exchange) => answered(exchange, { error: 'No.' }))).toHaveLength(1)
  })
})
