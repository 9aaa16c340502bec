import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For } from '../graphql/policy.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import {
  MarkInvoicePaidInput,
  MarkInvoiceUncollectibleInput,
  ReconcileInvoicesInput,
  RetryInvoiceInput,
  VoidInvoiceInput,
} from './invoice.input.js'
import {
  InvoiceDriftType,
  MarkInvoicePaidPayload,
  MarkInvoiceUncollectiblePayload,
  ReconcileInvoicesPayload,
  RetryInvoicePayload,
  VoidInvoicePayload,
} from './invoice.payload.js'
import type { InvoiceRepository } from './invoice.repository.js'
import { InvoiceType } from './invoice.type.js'
import type { InvoiceReconciliation } from './invoice-reconciliation.service.js'
import type { InvoiceSettlement } from './invoice-settlement.service.js'

/** What the provider's people do with invoices. */
@Resolver()
export class InvoiceStepsResolver {
  constructor(
    private readonly settlement: InvoiceSettlement,
    private readonly reconciliation: InvoiceReconciliation,
    private readonly mutations: Mutations,
  ) {}

  @For(managesMarketplaces)
  @Mutation(() => RetryInvoicePayload, { description: 'Tries again to bring to Stripe an invoice whose sync FAILED.' })
  retryInvoice(
    @Arg('input', () => RetryInvoiceInput, { description: 'Which.' }) input: RetryInvoiceInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'retryInvoice', input, async () => ({
      invoice: await this.settlement.retry(context.scope, input.invoiceId),
    }))
  }

  @For(managesMarketplaces)
  @Mutation(() => VoidInvoicePayload, { description: 'Takes an unpaid invoice back: nothing is owed on it any more.' })
  voidInvoice(
    @Arg('input', () => VoidInvoiceInput, { description: 'Which, and why.' }) input: VoidInvoiceInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.act(context, 'voidInvoice', input, async () => ({
      invoice: await this.settlement.settle(context.scope, input.invoiceId, 'void', input.reason),
    }))
  }

  @For(managesMarketplaces)
  @Mutation(() => MarkInvoiceUncollectiblePayload, {
    description: 'Writes an invoice off. It stays owed, and opens access when it is paid after all.',
  })
  markInvoiceUncollectible(
    @Arg('input', () => MarkInvoiceUncollectibleInput, { description: 'Which, and why.' })
    input: MarkInvoiceUncollectibleInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.act(context, 'markInvoiceUncollectible', input, async () => ({
      invoice: await this.settlement.settle(context.scope, input.invoiceId, 'write off', input.reason),
    }))
  }

  @For(managesMarketplaces)
  @Mutation(() => MarkInvoicePaidPayload, { description: 'Paid outside Stripe, by bank transfer say.' })
  markInvoicePaid(
    @Arg('input', () => MarkInvoicePaidInput, { description: 'Which, and how.' }) input: MarkInvoicePaidInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.act(context, 'markInvoicePaid', input, async () => ({
      invoice: await this.settlement.settle(context.scope, input.invoiceId, 'pay', input.reason),
    }))
  }

  @For(managesMarketplaces)
  @Mutation(() => ReconcileInvoicesPayload, {
    description: 'Compares invoices with Stripe and, unless `dryRun`, mends what differs here.',
  })
  async reconcileInvoices(
    @Arg('input', () => ReconcileInvoicesInput, { description: 'Which, and whether to look only.' })
    input: ReconcileInvoicesInput,
    @Ctx() context: Context,
  ) {
    const { marketplaceId, dryRun } = input
    const answer = await this.mutations.act(context, 'reconcileInvoices', input, () =>
      this.reconciliation.reconcile(context.scope, marketplaceId, dryRun),
    )
    return { compared: 0, drifts: [], ...answer }
  }
}

@Resolver(() => InvoiceDriftType)
export class InvoiceDriftResolver {
  constructor(private readonly invoices: InvoiceRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => InvoiceType, { nullable: true, description: 'Ours; null where Stripe alone has it.' })
  invoice(@Root() { invoiceId }: InvoiceDriftType, @Ctx() context: Context) {
    return invoiceId ? context.load(this.invoices.byIds, invoiceId) : null
  }
}
