import { Counter, Gauge, type Registry } from 'prom-client'
import type { Outcome } from './billing.port.js'

/** How many of a connection's invoices wait for Stripe, and how many it has refused. */
export interface InvoicesUnsent {
  connection: string
  waiting: number
  refused: number
}

/** How invoices get to Stripe, for those who watch over it. */
export class InvoiceMetrics {
  readonly #tries = new Counter({
    name: 'billing_invoice_tries_total',
    help: 'Invoices that this process has tried to bring to Stripe, by connection and by how it went: done, refused, or unknown, which is tried again.',
    labelNames: ['connection', 'outcome'],
    registers: [],
  })

  tried(connection: string, outcome: Outcome<unknown>['kind']): void {
    this.#tries.inc({ connection, outcome })
  }

  /** @param unsent as they are in the database, whichever process brings them */
  register(registry: Registry, unsent: () => Promise<readonly InvoicesUnsent[]>): void {
    registry.registerMetric(this.#tries)
    const refused = new Gauge({
      name: 'billing_invoices_refused',
      help: 'Invoices that Stripe has refused, by connection: somebody has to look at them.',
      labelNames: ['connection'],
      registers: [registry],
    })
    new Gauge({
      name: 'billing_invoices_waiting',
      help: 'Invoices that wait to be brought to Stripe, by connection.',
      labelNames: ['connection'],
      registers: [registry],
      async collect() {
        this.reset()
        refused.reset()
        for (const { connection, ...counts } of await unsent()) {
          this.set({ connection }, counts.waiting)
          refused.set({ connection }, counts.refused)
        }
      },
    })
  }
}
