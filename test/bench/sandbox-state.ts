import { Api } from '../../src/sandbox/api/api.js'
import { Engine } from '../../src/sandbox/engine/engine.js'
import { Journal } from '../../src/sandbox/engine/journal.js'
import { standardSettings } from '../../src/sandbox/settings.js'

const key = 'sk_test_bench'
const account = 'acct_bench'
const invoicesOfEach = 10
const compactAfter = 20_000

/** Writes a journal of so many finalized invoices, each made by three requests with idempotency keys, as an SDK makes them. */
export async function writeState(path: string, invoices: number): Promise<void> {
  const { journal, state } = Journal.open(path, 'bench', compactAfter)
  const engine = new Engine(state, journal, Date.now)
  const asking = { account, request: null }
  engine.execute({ do: 'account.create', id: account }, asking)
  engine.execute({ do: 'key.create', key, permissions: null }, asking)
  const cli = { open: () => ({}), tell: () => {} }
  const api = new Api(engine, { ...standardSettings }, () => 'http://127.0.0.1:4010', cli)
  let asked = 0
  const post = (path: string, form: string): string => {
    asked += 1
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': `bench-${asked}` }
    const reply = api.answer({ id: `req_${asked}`, method: 'POST', path, form, headers }, null)
    if (reply.status !== 200) throw new Error(reply.body)
    return (JSON.parse(reply.body) as { id: string }).id
  }
  let customer = ''
  for (let made = 0; made < invoices; made++) {
    if (made % invoicesOfEach === 0) {
      customer = post('/v1/customers', `email=buyer${made}@acme.example&name=Buyer%20${made}`)
      // What the journal does beside the running work has its turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const invoice = post(
      '/v1/invoices',
      `customer=${customer}&collection_method=send_invoice&days_until_due=14&metadata[number]=${made}`,
    )
    post(`/v1/invoices/${invoice}/add_lines`, 'lines[0][amount]=1000&lines[0][description]=Base')
    post(`/v1/invoices/${invoice}/finalize`, '')
  }
  await engine.close()
}
