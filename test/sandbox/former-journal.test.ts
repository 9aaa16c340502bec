import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { Journal } from '../../src/sandbox/engine/journal.js'
import { type Sandbox, secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { sdks } from './sdks.js'

const seldom = 20_000
const noon = Date.UTC(2027, 0, 1, 12)

/** Each kind of change, and of reference to a version; rows with no more fields than it takes. */
const ofEachKind = `{"seed":"former"}
{"sequence":1,"changes":[["+","customers",{"id":"cus_1","account":"acct_1","created":10,"email":null,"test_clock":null,"name":"Acme\\tGmbH 🧾"}],["!","evt_1","acct_1",10,"customer.created","customer","req_1","once",1,{"at":["customers","cus_1"]},null]]}
{"sequence":1,"changes":[["=","acct_1:once","acct_1",10,"print","/v1/customers",200,"2024-06-20",null,"customer",{"at":["customers","cus_1"]}]]}
{"sequence":1,"changes":[["=","acct_1:wrong","acct_1",10,"print","/v1/invoices",400,"2024-06-20","{\\"error\\":{}}",null,null]]}
{"sequence":2,"changes":[["~","customers","cus_1",{"name":"Ärger"}],["!","evt_2","acct_1",11,"customer.updated","customer",null,null,0,{"at":["customers","cus_1"]},{"name":"Acme\\tGmbH 🧾"}]]}
{"clockOffset":5000,"clockStoppedAt":12000}
{"sequence":4,"changes":[["+","items",{"id":"ii_1","account":"acct_1","created":12,"customer":"cus_1","invoice":null,"line":{"id":"il_1","invoice_item":"ii_1","date":12,"amount":700}}],["!","evt_3","acct_1",12,"invoiceitem.created","invoiceitem","req_2",null,0,{"at":["items","ii_1"]},null]]}
{"sequence":7,"changes":[["-","items","ii_1"],["+","invoices",{"id":"in_1","account":"acct_1","created":12,"customer":"cus_1","token":"t","test_clock":null,"status":"open","lines":[{"id":"il_1","invoice_item":"ii_1","date":12,"amount":700}]}],["!","evt_4","acct_1",12,"invoiceitem.updated","invoiceitem","req_3",null,0,{"line":["in_1",0]},{"invoice":null}],["!","evt_5","acct_1",12,"invoice.created","invoice","req_3",null,0,{"at":["invoices","in_1"],"but":{"status":"draft","lines":[]}},null],["!","evt_6","acct_1",12,"invoice.finalized","invoice","req_3",null,0,{"at":["invoices","in_1"]},null]]}
{"sequence":8,"changes":[["~","invoices","in_1",{"status":"void","lines":[]}],["+","portal_sessions",{"id":"bps_1","account":"acct_1","created":13,"customer":"cus_1","token":"p"}]]}
{"sequence":9,"changes":[["-","portal_sessions","bps_1"],["!","evt_7","acct_1",14,"billing_portal.session.created","billing_portal.session","req_4",null,0,{"row":{"id":"bps_1","account":"acct_1","created":13,"customer":"cus_1","token":"p"}},null]]}
{"sequence":9,"changes":[["~","answers","acct_1:once",{"created":20,"fingerprint":"other","object":{"id":"cus_2","account":"acct_1","created":20,"name":"Again"}}]]}
{"sequence":9,"changes":[["-","answers","acct_1:wrong"],["-","events","evt_3"]]}
{"clockOffset":7000,"clockStoppedAt":null}
`

/** As the sandbox wrote it of a customer who was made with an idempotency key, was named anew, and of an hour's jump. */
const asItWasLeft = `{"seed":"former"}
{"sequence":0,"changes":[["+","accounts",{"id":"acct_1SandboxMarketplace","account":"acct_1SandboxMarketplace","created":1798804800,"country":"US","name":"Sandbox","email":"sandbox@example.com","default_currency":"usd"}]]}
{"sequence":0,"changes":[["+","keys",{"id":"sk_test_sandbox_secret_0001","account":"acct_1SandboxMarketplace","created":1798804800,"permissions":null}]]}
{"sequence":0,"changes":[["+","keys",{"id":"rk_test_sandbox_restricted_0001","account":"acct_1SandboxMarketplace","created":1798804800,"permissions":["customers:write","invoices:write"]}]]}
{"sequence":3,"changes":[["+","customers",{"id":"cus_7S6sxGMgs7nH3G","account":"acct_1SandboxMarketplace","created":1798804800,"address":null,"balance":0,"business_name":null,"individual_name":null,"currency":null,"deleted":false,"description":null,"email":null,"invoice_prefix":"SI63QDZW","invoice_settings":{"custom_fields":null,"default_payment_method":null,"footer":null},"metadata":{},"name":"Acme","next_invoice_sequence":1,"phone":null,"preferred_locales":[],"shipping":null,"tax_exempt":"none","test_clock":null}],["!","evt_8BjgJtnx7HTG4Dv20CAjpQK3","acct_1SandboxMarketplace",1798804800,"customer.created","customer","req_h7R2TfY7DVsr2m","once",0,{"at":["customers","cus_7S6sxGMgs7nH3G"]},null]]}
{"sequence":3,"changes":[["=","acct_1SandboxMarketplace:once","acct_1SandboxMarketplace",1798804800,"DXLnO9efSrYj2BbALfjn40RUC4x6aiQm2FtYzwYJ3bA","/v1/customers",200,"2024-06-20",null,"customer",{"at":["customers","cus_7S6sxGMgs7nH3G"]}]]}
{"sequence":4,"changes":[["~","customers","cus_7S6sxGMgs7nH3G",{"invoice_settings":{"custom_fields":null,"default_payment_method":null,"footer":null},"name":"Acme Ltd"}],["!","evt_Hqz0jVWtbkq0cjHNGyUa0O94","acct_1SandboxMarketplace",1798804800,"customer.updated","customer","req_n4i9lC3i11P2DJ",null,0,{"at":["customers","cus_7S6sxGMgs7nH3G"]},{"invoice_settings":{"custom_fields":null,"default_payment_method":null,"footer":null},"name":"Acme"}]]}
{"clockOffset":3600000,"clockStoppedAt":null}
`

describe('A journal of the former format', () => {
  let folder: string
  let path: string
  let sandbox: Sandbox | null = null

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
    path = join(folder, 'journal.jsonl')
  })
  afterEach(async () => {
    await sandbox?.close()
    sandbox = null
    await rm(folder, { recursive: true, force: true })
  })

  async function held() {
    const { journal, state } = Journal.open(path, 'another', seldom)
    const { tables, ...others } = state
    const full = Object.entries(tables).filter(([, { size }]) => size > 0)
    const rows = Object.fromEntries(full.map(([name, table]) => [name, [...table.values()]]))
    const told = JSON.parse(JSON.stringify({ ...others, ...rows })) as Record<string, unknown>
    await journal.close()
    return told
  }

  const of = (created: number) => ({ account: 'acct_1', created })
  const asked = (id: string | null, idempotency_key: string | null = null) => ({ id, idempotency_key })
  const made = { id: 'cus_1', ...of(10), email: null, test_clock: null, name: 'Acme\tGmbH 🧾' }
  const renamed = { ...made, name: 'Ärger' }
  const line = { id: 'il_1', invoice_item: 'ii_1', date: 12, amount: 700 }
  const open = { id: 'in_1', ...of(12), customer: 'cus_1', token: 't', test_clock: null, status: 'open', lines: [line] }
  const billed = { id: 'ii_1', ...of(12), customer: 'cus_1', invoice: 'in_1', line }
  const session = { id: 'bps_1', ...of(13), customer: 'cus_1', token: 'p' }
  const event = (id: string, created: number, type: string, kind: string, object: object, more = {}) => {
    const rest = { previous: null, request: asked('req_3'), pending_webhooks: 0, ...more }
    return { id, ...of(created), type, kind, object, ...rest }
  }
  const all = {
    seed: 'former',
    sequence: 9,
    clockOffset: 7000,
    clockStoppedAt: null,
    customers: [renamed],
    invoices: [{ ...open, status: 'void', lines: [] }],
    events: [
      event('evt_1', 10, 'customer.created', 'customer', made, {
        request: asked('req_1', 'once'),
        pending_webhooks: 1,
      }),
      event('evt_2', 11, 'customer.updated', 'customer', renamed, { request: asked(null), previous: made }),
      event('evt_4', 12, 'invoiceitem.updated', 'invoiceitem', billed, { previous: { ...billed, invoice: null } }),
      event('evt_5', 12, 'invoice.created', 'invoice', { ...open, status: 'draft', lines: [] }),
      event('evt_6', 12, 'invoice.finalized', 'invoice', open),
      event('evt_7', 14, 'billing_portal.session.created', 'billing_portal.session', session, {
        request: asked('req_4'),
      }),
    ],
    answers: [
      {
        id: 'acct_1:once',
        ...of(20),
        fingerprint: 'other',
        request: '/v1/customers',
        status: 200,
        version: '2024-06-20',
        body: null,
        kind: 'customer',
        object: { id: 'cus_2', ...of(20), name: 'Again' },
      },
    ],
  }

  it('is taken over with all that it tells of, once', async () => {
    await writeFile(path, ofEachKind)
    expect(await held()).toEqual(all)
    const written = await readFile(path, 'utf8')
    expect(written).toMatch(/^\{"format":2,"seed":"former"\}\n/)
    expect(existsSync(`${path}.new`)).toBe(false)

    expect(await held()).toEqual(all)
    expect(await readFile(path, 'utf8')).toBe(written)
  })

  it('keeps the answers that it held until it told that they are gone', async () => {
    const lines = ofEachKind.split('\n')
    await writeFile(path, `${lines.slice(0, 4).join('\n')}\n`)
    const answer = { ...all.answers[0], ...of(10), fingerprint: 'print', object: made }
    const refused = { id: 'acct_1:wrong', request: '/v1/invoices', status: 400, body: '{"error":{}}' }
    expect(await held()).toMatchObject({
      sequence: 1,
      answers: [answer, { ...answer, ...refused, kind: null, object: null }],
    })
  })

  it('is cut off where its last line is not whole', async () => {
    await writeFile(path, `${ofEachKind}{"sequence":99,"changes":[["+","custom`)
    expect(await held()).toEqual(all)
    await writeFile(path, '{"seed":"for')
    expect(await held()).toEqual({ seed: 'another', sequence: 0, clockOffset: 0, clockStoppedAt: null })
  })

  it('is taken over again wherever the end came in between', async () => {
    await writeFile(path, ofEachKind)
    await held()
    const whole = await readFile(path)
    for (let cut = 0; cut <= whole.length; cut += 97) {
      await writeFile(path, ofEachKind)
      await writeFile(`${path}.new`, whole.subarray(0, cut))
      expect(await held()).toEqual(all)
      expect(await readFile(path)).toEqual(whole)
    }
  })

  it('is found behind the zeros that a reset has left at its beginning', async () => {
    await writeFile(path, `${'\0'.repeat(10_000)}${ofEachKind}`)
    expect(await held()).toEqual(all)
  })

  it('is left alone while its port belongs to somebody else, who may be writing it', async () => {
    await writeFile(path, ofEachKind)
    const other = await startSandbox()
    await expect(startSandbox({ journalPath: path, port: other.port })).rejects.toThrow('EADDRINUSE')
    await other.close()
    expect(await readFile(path, 'utf8')).toBe(ofEachKind)
    expect(existsSync(`${path}.new`)).toBe(false)
  })

  it('goes on as if nothing had happened: with its answers, its clock, and the ids that come next', async () => {
    await writeFile(path, asItWasLeft)
    for (const realTime of [noon, noon + 1_000]) {
      await sandbox?.close()
      sandbox = await startSandbox({ journalPath: path, realTime: () => realTime })
      const ask = async (body: string, more = {}) => {
        const headers = { authorization: `Bearer ${secretKey}`, ...more }
        const address = `${(sandbox as Sandbox).url}/v1/customers`
        return (await (await fetch(address, { method: 'POST', headers, body })).json()) as Stripe.Customer
      }
      // The former code made this one of the same request.
      if (realTime === noon) {
        expect(await ask('name=Next')).toMatchObject({ id: 'cus_qAvAd3q3zwxLS1', created: noon / 1000 + 3600 })
      }
      const first = await ask('name=Acme', { 'idempotency-key': 'once', 'stripe-version': '2024-06-20' })
      expect(first).toMatchObject({ id: 'cus_7S6sxGMgs7nH3G', name: 'Acme' })
      for (const sdk of sdks) {
        const stripe = sdk.open(sandbox.url, secretKey)
        const { data } = await stripe.events.list()
        const told = data.map(({ id, request, data: { object, previous_attributes } }) => [
          id,
          request?.id,
          (object as Stripe.Customer).name,
          previous_attributes,
        ])
        expect(told).toEqual([
          ['evt_1k5pqPzLNacv3R3j5L3Fxq8S', 'req_26xIQ4tpNkEt5b', 'Next', undefined],
          ['evt_Hqz0jVWtbkq0cjHNGyUa0O94', 'req_n4i9lC3i11P2DJ', 'Acme Ltd', { name: 'Acme' }],
          ['evt_8BjgJtnx7HTG4Dv20CAjpQK3', 'req_h7R2TfY7DVsr2m', 'Acme', undefined],
        ])
        expect((await stripe.customers.list()).data.map(({ name }) => name)).toEqual(['Next', 'Acme Ltd'])
      }
    }
  })
})

describe('A journal of a newer format', () => {
  it('stops the start with a sentence, and stays as it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
    const path = join(folder, 'journal.jsonl')
    const newer = '{"format":3,"seed":"newer"}\n{"something":"else"}\n{"and half'
    await writeFile(path, newer)
    await expect(startSandbox({ journalPath: path })).rejects.toThrow(
      `the journal ${path} is of the format 3, which this version does not know: update it, or put the file aside.`,
    )
    expect(await readFile(path, 'utf8')).toBe(newer)
    expect(existsSync(`${path}.new`)).toBe(false)
    await rm(folder, { recursive: true })
  })
})
