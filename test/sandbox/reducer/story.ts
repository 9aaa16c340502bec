import type { Outcome } from '../../../src/sandbox/ledger/apply.js'
import type { Command } from '../../../src/sandbox/ledger/command.js'
import type { Asking } from '../../../src/sandbox/ledger/draft.js'
import type { Customer, Invoice, InvoiceStatus, Row } from '../../../src/sandbox/ledger/records.js'
import type { Change, State } from '../../../src/sandbox/ledger/state.js'
import type { Totals } from '../../../src/sandbox/ledger/totals.js'

/** The reducer, the real one or one with a mistake in it. */
export interface Reducer {
  apply(state: State, command: Command, asking: Asking, now: number): Outcome
  emptyState(seed: string): State
  commit(state: State, change: Change): void
  totalsOf(invoice: Invoice): Totals
}

/** @param sandbox the folder of the sandbox's sources */
export async function reducerIn(sandbox: string): Promise<Reducer> {
  const { apply } = (await import(`${sandbox}/ledger/apply.ts`)) as Pick<Reducer, 'apply'>
  const { emptyState, commit } = (await import(`${sandbox}/ledger/state.ts`)) as Pick<Reducer, 'emptyState' | 'commit'>
  const { totalsOf } = (await import(`${sandbox}/ledger/totals.ts`)) as Pick<Reducer, 'totalsOf'>
  return { apply, emptyState, commit, totalsOf }
}

export const day = 86_400
export const start = 1_800_000_000

/** A state that is brought forward by commands. */
export class Story {
  readonly state: State
  at = start
  account = 'acct_1'

  constructor(readonly reducer: Reducer) {
    this.state = reducer.emptyState('a story')
    this.take({ do: 'account.create', id: 'acct_1' })
  }

  take(command: Command): Outcome {
    const outcome = this.reducer.apply(this.state, command, { account: this.account, request: null }, this.at)
    for (const change of outcome.changes) this.reducer.commit(this.state, change)
    this.state.sequence = outcome.sequence
    return outcome
  }

  made<R extends Row>(command: Command): R {
    return this.take(command).result as R
  }

  /** Why it was not done, with nothing changed; null where it was, if only to fail as a payment does. */
  refusal(command: Command): string | null {
    const before = this.state.sequence
    try {
      this.take(command)
      return null
    } catch (error) {
      if (!(error instanceof Error && 'status' in error && this.state.sequence === before)) throw error
      return error.message
    }
  }

  customer(params = {}): Customer {
    return this.made({ do: 'customer.create', params: { email: 'billing@acme.example', ...params } })
  }

  /** To be sent to somebody, with one line. */
  draft(amount = 2500, customer = this.customer().id): string {
    const params = { customer, currency: 'usd', collection_method: 'send_invoice' as const, days_until_due: 14 }
    const { id } = this.made<Invoice>({ do: 'invoice.create', params })
    if (amount !== 0) this.take({ do: 'invoice.add_lines', id, params: { lines: [{ amount }] } })
    return id
  }

  /** One that was brought to a status in the shortest way. */
  invoiceIn(status: InvoiceStatus): string {
    const id = this.draft()
    for (const command of ways[status](id)) this.take(command)
    return id
  }

  invoice(id: string): Invoice | undefined {
    return this.state.tables.invoices.get(id)
  }
}

const ways: Record<InvoiceStatus, (id: string) => readonly Command[]> = {
  draft: () => [],
  open: (id) => [{ do: 'invoice.finalize', id }],
  paid: (id) => [{ do: 'invoice.pay', id, params: { payment_method: 'pm_card_visa' } }],
  void: (id) => [
    { do: 'invoice.finalize', id },
    { do: 'invoice.void', id },
  ],
  uncollectible: (id) => [
    { do: 'invoice.finalize', id },
    { do: 'invoice.mark_uncollectible', id },
  ],
}

export function typesOf({ events }: Outcome, about: string): string[] {
  return events.map(({ type }) => type).filter((type) => type.startsWith(about))
}
