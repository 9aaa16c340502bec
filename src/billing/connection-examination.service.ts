import { Refused } from '../kernel/result.js'
import { person, type Scope, system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { PaymentPort } from './billing.port.js'
import type { BillingConnections } from './billing-connections.js'
import type { BillingHealth, BillingIntegrationRow, StoredBillingCheck } from './billing-integration.entity.js'
import type { BillingIntegrationRepository } from './billing-integration.repository.js'

/** Tries what a connection must be able to do, and keeps what was seen as its health. */
export class ConnectionExamination {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly integrations: BillingIntegrationRepository,
    private readonly connections: BillingConnections,
    private readonly payments: PaymentPort,
    private readonly audit: AuditLog,
  ) {}

  /** No transaction may be open. @throws Refused NOT_FOUND */
  async test(scope: Scope, id: string): Promise<{ billing: BillingIntegrationRow; checks: StoredBillingCheck[] }> {
    person(scope)
    const examined = await this.#examine(scope, id)
    if (examined) return examined
    const message = 'There is no such connection.'
    throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'billingIntegrationId'] }])
  }

  /** Without anybody asking, such as after Stripe has refused something. */
  async examine(id: string): Promise<void> {
    await this.#examine(system, id)
  }

  async #examine(scope: Scope, id: string) {
    const integration = await this.integrations.find(this.unitOfWork.reading(scope), id)
    if (!integration) return null
    const tried = await this.payments.probe(this.connections.open(integration))
    return this.unitOfWork.run(scope, async (transaction) => {
      const billing = await this.integrations.lock(transaction, id)
      if (!billing) return null
      const checks = [...tried, webhookCheck(billing)]
      billing.checks = checks
      billing.health = healthOf(checks)
      await transaction.em.flush()
      if (scope.kind !== 'system') await this.#note(transaction, billing)
      return { billing, checks }
    })
  }

  #note(transaction: Transaction, { id: subjectId, providerId, health }: BillingIntegrationRow): Promise<void> {
    const summary = `The connection was tried: ${health}.`
    return this.audit.record(transaction, { providerId, action: 'billing.tested', subjectId, summary })
  }
}

function webhookCheck(billing: BillingIntegrationRow): StoredBillingCheck {
  const name = 'webhook.received'
  const { sealedWebhookSecret, lastWebhookAt, lastSignatureFailureAt } = billing
  if (!sealedWebhookSecret) {
    return {
      name,
      ok: false,
      detail: 'No signing secret was given: make an endpoint at webhookUrl, and give its secret.',
    }
  }
  if (lastSignatureFailureAt && (!lastWebhookAt || lastSignatureFailureAt > lastWebhookAt)) {
    return {
      name,
      ok: false,
      detail: 'The last one had a signature that did not fit: give the secret of this very endpoint.',
    }
  }
  if (lastWebhookAt) return { name, ok: true, detail: `The last one came at ${lastWebhookAt.toISOString()}.` }
  return { name, ok: false, detail: 'Nothing has arrived yet: the first invoice will show whether the endpoint works.' }
}

function healthOf(checks: readonly StoredBillingCheck[]): BillingHealth {
  const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name)
  if (failed.length === 0) return 'OK'
  if (failed.every((name) => name === 'webhook.received')) return 'UNKNOWN'
  return failed.includes('key.valid') || failed.includes('key.mode') ? 'FAILING' : 'DEGRADED'
}
