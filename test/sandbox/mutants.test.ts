import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { histories } from './reducer/histories.js'
import { laws } from './reducer/laws.js'
import { type Reducer, reducerIn } from './reducer/story.js'

const sources = fileURLToPath(new URL('../../src/sandbox', import.meta.url))

/** Mistakes that somebody could make, one at a time: file of the ledger, what stands there, what stands there then. */
const mistakes: readonly (readonly [file: string, right: string, wrong: string])[] = [
  [
    'lifecycle',
    "delete: notDeletable,\n    finalize: notFinalizable,\n    send: 'open'",
    "delete: 'deleted',\n    finalize: notFinalizable,\n    send: 'open'",
  ],
  ['lifecycle', "void: { message: 'This invoice is already paid, so it cannot be voided.' }", "void: 'void'"],
  ['lifecycle', "pay: { message: 'This invoice can no longer be paid: it is void.' }", "pay: 'paid'"],
  ['totals', 'subtotal += line.amount', 'subtotal = line.amount'],
  ['totals', 'Math.max(0, total + balance)', 'Math.max(0, total)'],
  ['totals', 'const left = invoice.amount_due - invoice.amount_paid', 'const left = invoice.amount_due'],
  ['finalization', 'owed < minimumCharge', 'owed <= minimumCharge'],
  [
    'finalization',
    'if (owed <= 0) return { amount_due: 0, ending_balance: owed }',
    'if (owed <= 0) return { amount_due: 0, ending_balance: 0 }',
  ],
  ['finalization', '(numbered ? 1 : 0)', '1 + Number(numbered)'],
  [
    'finalization',
    "const invoice = before.status === 'draft' ? finalizeInvoice(draft, id, false) : before",
    'const invoice = before',
  ],
  ['finalization', 'before.days_until_due * day', 'before.days_until_due'],
  ['payments', 'amount_paid: tried.amount_due,', 'amount_paid: 0,'],
  ['payments', 'attempt_count: invoice.attempt_count + 1 }\n  const tries', 'attempt_count: 1 }\n  const tries'],
  ['payments', "?.status !== 'processing') return", "?.status === 'processing') return"],
  ['payments', "if (method.outcome === 'bounces') return fail", "if (method.outcome === 'settles') return fail"],
  ['payments', 'const debitTakes = 4 * day', 'const debitTakes = 5 * day'],
  ['payments', '[3, 5, 7]', '[3, 5]'],
  ['payments', "  draft.emit('invoice.payment_succeeded', 'invoice', invoice)\n", ''],
  ['payments', 'amount_paid_off_stripe: before.amount_due,', ''],
  ['write-off', 'customer.balance - used', 'customer.balance + used'],
  ['write-off', "refuseWhileProcessing(draft, before, 'void')", ''],
  ['write-off', "status: 'uncollectible',\n    next_payment_attempt: null,", "status: 'uncollectible',"],
  ['write-off', 'voided_at: draft.now,', ''],
  ['credit-notes', 'amount < 1 || amount > creditable', 'amount < 1'],
  ['credit-notes', 'before.amount_due - note.amount', 'before.amount_due'],
  ['credit-notes', 'customer.balance - note.credit_amount', 'customer.balance + note.credit_amount'],
  ['credit-notes', 'settled = amount_due === before.amount_paid', 'settled = false'],
  ['time', 'told_overdue: true', 'told_overdue: false'],
  ['time', '3 * day', '2 * day'],
  ['lines', '* 2n + scale)', '* 2n)'],
  ['metadata', '{ ...before, ...given }', '{ ...given }'],
  ['customers', 'if (JSON.stringify(before) === JSON.stringify(after)) return before', ''],
  ['invoices', 'if (!openInvoice && !waiting) return', 'return'],
  ['draft', 'if (clock) this.#now = clock.frozen_time', ''],
  ['draft', "endpoint.status === 'enabled' && ", ''],
  ['draft', 'return row?.account === this.asking.account ? row : undefined', 'return row'],
  ['endpoints', 'draft.now - failing_since >= failsAtMost', 'draft.now - failing_since >= 2 * failsAtMost'],
  ['platform', 'const answersAreKept = day', 'const answersAreKept = 2 * day'],
]

/** The first that it breaks; null where it keeps them all. */
function broken(reducer: Reducer): string | null {
  const all = { ...laws, history: (it: Reducer) => histories(it, 300, 7) }
  for (const [name, law] of Object.entries(all)) {
    try {
      law(reducer)
    } catch {
      return name
    }
  }
  return null
}

describe('A mistake in the reducer is noticed', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandbox-mutants-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('and nothing is noticed where there is none', async () => {
    expect(broken(await reducerIn(sources))).toBeNull()
  })

  it.each(mistakes)('in %s: %j becomes %j', async (file, right, wrong) => {
    const copy = await mkdtemp(join(folder, 'mutant-'))
    for (const part of ['ledger', 'parameters', 'wire'])
      await cp(join(sources, part), join(copy, part), { recursive: true })
    const path = join(copy, 'ledger', `${file}.ts`)
    const source = await readFile(path, 'utf8')
    expect(source.split(right)).toHaveLength(2)
    await writeFile(path, source.replace(right, wrong))
    expect(broken(await reducerIn(copy))).not.toBeNull()
  })
})
