import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import { day, later, minute, timeIn, whenAllRests, whenItIs } from '../support/billing.js'
import type { Client } from '../support/client.js'
import {
  ActivatePlanDocument,
  ApproveProductSubscriptionDocument,
  CancelProductSubscriptionDocument,
  CreateConsumerOrganizationDocument,
  CreatePlanDocument,
  type CreatePlanInput,
  DeprecatePlanDocument,
  DuplicatePlanDocument,
  InvoiceChangedDocument,
  InvoiceDocument,
  ProductSubscriptionChangedDocument,
  ProductSubscriptionDocument,
  RejectProductSubscriptionDocument,
  SetConsumerOrganizationStateDocument,
  SignUpDocument,
  SubscribeDocument,
  SubscribePreviewDocument,
  UnpublishProductDocument,
  UpdateConsumerOrganizationDocument,
  UpdatePlanDocument,
  UpdateProductDocument,
} from '../support/generated/graphql.js'
import { givenMember, neverWas } from '../support/people.js'
import { type SandboxControl, sandboxOf, standingAtStripe } from '../support/sandbox.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  joined,
  type Market,
  mark,
  type Offer,
  type Organization,
  password,
  whenPressed,
  whenSubscribed,
} from '../support/world.js'

describe('subscribing', () => {
  let backend: Backend
  let sandbox: SandboxControl
  let market: Market
  beforeAll(async () => {
    backend = await startBackend()
    sandbox = sandboxOf(backend)
    market = await givenMarketplace(backend)
    await givenBilling(market)
  })
  afterAll(() => backend.stop())

  async function previewed({ consumer, id: organizationId }: Organization, { planId }: Offer) {
    const { subscribePreview } = await consumer.query(SubscribePreviewDocument, { input: { organizationId, planId } })
    return subscribePreview
  }

  describe('shows beforehand what is charged', () => {
    const plans: Array<[what: string, plan: Partial<CreatePlanInput>, total: string, atStripe: number]> = [
      ['a base price', { price: { base: '25.00', currency: 'USD' } }, '25.00', 2500],
      [
        'a set-up fee and a base price',
        { price: { base: '25.00', setupFee: '10.50', currency: 'EUR' } },
        '35.50',
        3550,
      ],
      ['a set-up fee alone', { price: { base: '0', setupFee: '10.50', currency: 'EUR' } }, '10.50', 1050],
      ['yen', { price: { base: '2500', setupFee: '100', currency: 'JPY' } }, '2600', 2600],
      ['Kuwaiti dinars', { price: { base: '25.550', setupFee: '1.010', currency: 'KWD' } }, '26.560', 26_560],
      [
        'Ugandan shillings, which Stripe wants by the hundred',
        { price: { base: '5000', currency: 'UGX' } },
        '5000',
        500_000,
      ],
      [
        'three years at once',
        { price: { base: '900.00', currency: 'CHF', interval: 'YEAR', intervalCount: 3 } },
        '900.00',
        90_000,
      ],
    ]
    test.each(plans)('%s', async (_what, plan, total, atStripe) => {
      const acme = await givenOrganization(market)
      const offer = await givenOffer(market, plan)
      const preview = await previewed(acme, offer)
      expect(preview).toMatchObject({
        obstacles: [],
        approval: 'AUTOMATIC',
        dueNow: { amount: total },
        firstInvoice: { total: { amount: total } },
      })
      const { invoice } = await acme.consumer.mutate(SubscribeDocument, {
        organizationId: acme.id,
        planId: offer.planId,
        previewToken: preview.token,
      })
      expect(invoice).toMatchObject({
        status: 'OPEN',
        total: { amount: total },
        amountDue: { amount: total },
        sync: { status: 'SYNCED' },
      })
      const charged = await standingAtStripe(backend, invoice.id)
      expect(charged).toMatchObject({
        status: 'open',
        total: atStripe,
        amount_due: atStripe,
        collection_method: 'send_invoice',
      })
      const { invoice: whole } = await acme.consumer.query(InvoiceDocument, { id: invoice.id })
      const shown = preview.firstInvoice?.lines.map(({ description }) => description)
      expect(whole?.lines.map(({ description }) => description)).toEqual(shown)
      expect(charged.lines.data.map(({ description }) => description).sort()).toEqual([...(shown ?? [])].sort())
    })

    test('a part of a calendar month, by what was shown and not by when it was bought', async () => {
      const acme = await givenOrganization(market)
      const offer = await givenOffer(market, { price: { base: '10.010', currency: 'KWD', anchor: 'CALENDAR' } })
      const preview = await previewed(acme, offer)
      const shown = preview.dueNow?.amount as string
      // Stripe takes no last digit in a currency with three decimals.
      expect(shown).toMatch(/^\d+\.\d\d0$/)
      await whenItIs(market, later(await timeIn(market), 50 * minute))
      const { invoice } = await acme.consumer.mutate(SubscribeDocument, {
        organizationId: acme.id,
        planId: offer.planId,
        previewToken: preview.token,
      })
      expect(invoice.total.amount).toBe(shown)
      expect((await standingAtStripe(backend, invoice.id)).total).toBe(Number(shown.replace('.', '')))
    })
  })

  test('takes what was shown for an hour, for that organization and that plan alone', async () => {
    const acme = await givenOrganization(market)
    const rival = await givenOrganization(market, 'Rival')
    const offer = await givenOffer(market)
    const { token } = await previewed(acme, offer)
    // The price of an active plan does not change; there is another plan instead.
    const [unchangeable] = await market.provider.refused(UpdatePlanDocument, {
      planId: offer.planId,
      price: { base: '26.00', currency: 'USD' },
    })
    expect(unchangeable).toMatchObject({ code: 'WRONG_STATE' })
    const { plan: dearer } = await market.provider.mutate(DuplicatePlanDocument, {
      planId: offer.planId,
      name: 'Dearer',
    })
    await market.provider.mutate(UpdatePlanDocument, { planId: dearer.id, price: { base: '26.00', currency: 'USD' } })
    await market.provider.mutate(ActivatePlanDocument, { planId: dearer.id })

    const refusals = [
      await acme.consumer.refused(SubscribeDocument, {
        organizationId: acme.id,
        planId: dearer.id,
        previewToken: token,
      }),
      await rival.consumer.refused(SubscribeDocument, {
        organizationId: rival.id,
        planId: offer.planId,
        previewToken: token,
      }),
    ]
    const [body, signature] = (token as string).split('.') as [string, string]
    for (const previewToken of [
      '',
      '.',
      'a.b',
      `${body}.`,
      `.${signature}`,
      `${body}.${signature}x`,
      `${body}x.${signature}`,
      `${token}\u0000`,
      '\ud800.\ud800',
      'a'.repeat(100_000),
    ]) {
      refusals.push(
        await acme.consumer.refused(SubscribeDocument, { organizationId: acme.id, planId: offer.planId, previewToken }),
      )
    }
    await whenItIs(market, later(await timeIn(market), 61 * minute))
    refusals.push(
      await acme.consumer.refused(SubscribeDocument, {
        organizationId: acme.id,
        planId: offer.planId,
        previewToken: token,
      }),
    )
    for (const refusal of refusals) {
      expect(refusal).toEqual([
        {
          code: 'PREVIEW_OUTDATED',
          message: 'What was shown is no longer what would be charged: look at the preview again.',
          field: ['input', 'previewToken'],
        },
      ])
    }
    for (const { consumer, id } of [acme, rival]) expect(await subscriptionsOf(consumer, id)).toEqual([])
    const { token: fresh } = await previewed(acme, offer)
    await acme.consumer.mutate(SubscribeDocument, {
      organizationId: acme.id,
      planId: offer.planId,
      previewToken: fresh,
    })
  })

  test('takes the terms as they are now', async () => {
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market)
    const terms = { title: 'Terms of the pet store', body: 'Be kind to the pets.' }
    await market.provider.mutate(UpdateProductDocument, { productId: offer.productId, terms })
    const preview = await previewed(acme, offer)
    expect(preview).toMatchObject({ obstacles: [], terms: { version: 1, title: terms.title } })
    const wish = { organizationId: acme.id, planId: offer.planId }
    const unaccepted = { code: 'TERMS_NOT_ACCEPTED', field: ['input', 'acceptedTermsVersion'] }
    expect(await acme.consumer.refused(SubscribeDocument, wish)).toMatchObject([unaccepted])
    for (const acceptedTermsVersion of [0, 2, -1, 2_147_483_647]) {
      expect(await acme.consumer.refused(SubscribeDocument, { ...wish, acceptedTermsVersion })).toMatchObject([
        unaccepted,
      ])
    }
    await market.provider.mutate(UpdateProductDocument, {
      productId: offer.productId,
      terms: { ...terms, body: 'Be kinder.' },
    })
    expect(await acme.consumer.refused(SubscribeDocument, { ...wish, acceptedTermsVersion: 1 })).toMatchObject([
      unaccepted,
    ])
    expect(await subscriptionsOf(acme.consumer, acme.id)).toEqual([])
    const { productSubscription } = await acme.consumer.mutate(SubscribeDocument, { ...wish, acceptedTermsVersion: 2 })
    expect(productSubscription).toMatchObject({ state: 'ACTIVE' })
  })

  test('is for those who may spend money; a free plan is for developers as well', async () => {
    const acme = await givenOrganization(market)
    const rival = await givenOrganization(market, 'Rival')
    const paid = await givenOffer(market)
    const free = await givenOffer(market, { type: 'FREE' })
    const custom = await givenOffer(market, { type: 'CUSTOM' })
    const developer = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const subscriber = await givenMember(backend, acme.consumer, acme.id, ['SUBSCRIBER'])
    for (const { planId } of [paid, custom]) {
      expect(await developer.client.refused(SubscribeDocument, { organizationId: acme.id, planId })).toEqual([
        {
          code: 'NOT_ALLOWED',
          message: 'This takes the role ADMINISTRATOR or SUBSCRIBER.',
          field: ['input', 'planId'],
        },
      ])
    }
    const { subscribePreview } = await developer.client.query(SubscribePreviewDocument, {
      input: { organizationId: acme.id, planId: paid.planId },
    })
    expect(subscribePreview).toMatchObject({ token: null, obstacles: [{ code: 'NOT_ALLOWED' }] })
    const stranger = await rival.consumer.refused(SubscribeDocument, { organizationId: acme.id, planId: paid.planId })
    expect(stranger).toEqual([
      { code: 'NOT_FOUND', message: 'There is no such organization.', field: ['input', 'organizationId'] },
    ])
    const seller = await market.provider.refused(SubscribeDocument, { organizationId: acme.id, planId: paid.planId })
    expect(seller).toMatchObject([{ code: 'NOT_ALLOWED', field: ['input', 'organizationId'] }])
    const nobody = await backend
      .client()
      .ask(SubscribeDocument, { input: { organizationId: acme.id, planId: paid.planId } })
    expect([...nobody.errors.map(({ extensions }) => extensions?.code)]).toEqual(['UNAUTHENTICATED'])
    expect(await subscriptionsOf(acme.consumer, acme.id)).toEqual([])

    await developer.client.mutate(SubscribeDocument, { organizationId: acme.id, planId: free.planId })
    await subscriber.client.mutate(SubscribeDocument, { organizationId: acme.id, planId: paid.planId })
    await subscriber.client.mutate(SubscribeDocument, { organizationId: acme.id, planId: custom.planId })
    expect(await subscriptionsOf(acme.consumer, acme.id)).toHaveLength(3)
  })

  test('once more with the same key answers the same; with another wish it is refused', async () => {
    const acme = await givenOrganization(market)
    const [offer, other] = [await givenOffer(market), await givenOffer(market)]
    const wish = { organizationId: acme.id, planId: offer.planId, idempotencyKey: `click-${mark()}` }
    const first = await acme.consumer.mutate(SubscribeDocument, wish)
    const second = await acme.consumer.mutate(SubscribeDocument, wish)
    expect(second.productSubscription.id).toBe(first.productSubscription.id)
    expect(second.invoice).toMatchObject({ id: first.invoice.id, hostedUrl: expect.any(String) })
    expect(await acme.consumer.refused(SubscribeDocument, { ...wish, planId: other.planId })).toMatchObject([
      { code: 'IDEMPOTENCY_KEY_REUSED', field: ['input', 'idempotencyKey'] },
    ])
    // Without a key it is a second wish.
    expect(
      await acme.consumer.refused(SubscribeDocument, { organizationId: acme.id, planId: offer.planId }),
    ).toMatchObject([{ code: 'ALREADY_SUBSCRIBED', field: ['input', 'planId'] }])
    const preview = await previewed(acme, offer)
    expect(preview).toMatchObject({ token: null, obstacles: [{ code: 'ALREADY_SUBSCRIBED' }] })
    // A key of somebody else's is another key.
    const rival = await givenOrganization(market, 'Rival')
    const theirs = await rival.consumer.mutate(SubscribeDocument, { ...wish, organizationId: rival.id })
    expect(theirs.productSubscription.id).not.toBe(first.productSubscription.id)
    expect(await standingAtStripe(backend, first.invoice.id)).toMatchObject({ total: 2500 })
    expect(await subscriptionsOf(acme.consumer, acme.id)).toHaveLength(1)
  })

  test('twenty times at once is done once: one subscription, one invoice, one customer at Stripe', async () => {
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market)
    const colleague = await givenMember(backend, acme.consumer, acme.id, ['SUBSCRIBER'])
    const heard = await acme.consumer.listen(InvoiceChangedDocument, { organizationId: acme.id })
    const clicks = Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? acme.consumer : colleague.client).query(SubscribeDocument, {
        input: { organizationId: acme.id, planId: offer.planId },
      }),
    )
    const answers = (await Promise.all(clicks)).map(({ subscribe }) => subscribe)
    const done = answers.filter(({ productSubscription }) => productSubscription)
    expect(done).toHaveLength(1)
    const refused = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))
    expect(refused).toEqual(Array<string>(19).fill('ALREADY_SUBSCRIBED'))
    await heard.next(({ change }) => change === 'OPENED')
    const keyed = { organizationId: acme.id, planId: (await givenOffer(market)).planId, idempotencyKey: mark() }
    const again = await Promise.all(
      Array.from({ length: 10 }, () => acme.consumer.ask(SubscribeDocument, { input: keyed })),
    )
    const ids = again.flatMap(({ data }) => data?.subscribe.productSubscription?.id ?? [])
    // The others are told that the first still runs, or get what it got.
    expect(new Set(ids).size).toBe(1)
    expect(
      again.flatMap(({ errors, data }) => [
        ...errors.map(({ extensions }) => extensions?.code),
        ...(data?.subscribe.userErrors ?? []),
      ]),
    ).toEqual(Array<string>(10 - ids.length).fill('CONFLICT'))
    await heard.next(({ change }) => change === 'OPENED')

    expect(await subscriptionsOf(acme.consumer, acme.id)).toHaveLength(2)
    expect(heard.received.filter(({ change }) => change === 'CREATED')).toHaveLength(2)
    const invoices = await sandbox.table('invoices')
    const own = new Set(heard.received.map(({ invoice }) => invoice.id))
    const atStripe = invoices.filter(({ metadata }) => own.has(metadata.invoice_id as string))
    expect(atStripe).toHaveLength(2)
    expect(new Set(atStripe.map(({ customer }) => customer)).size).toBe(1)
    const customers = await sandbox.table<{ metadata: Record<string, string> }>('customers')
    expect(customers.filter(({ metadata }) => metadata.organization_id === acme.id)).toHaveLength(1)
  })

  test('waits for a person where the plan says so, and is invoiced when that person agrees', async () => {
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market, { approval: 'MANUAL' })
    const heard = await acme.consumer.listen(ProductSubscriptionChangedDocument, { organizationId: acme.id })
    expect(await previewed(acme, offer)).toMatchObject({
      approval: 'MANUAL',
      obstacles: [],
      dueNow: { amount: '25.00' },
    })
    const request = () => acme.consumer.mutate(SubscribeDocument, { organizationId: acme.id, planId: offer.planId })
    const { productSubscription, invoice } = await request()
    expect(productSubscription).toMatchObject({
      state: 'PENDING_APPROVAL',
      standing: 'NOT_REQUIRED',
      currentPeriod: null,
    })
    expect(invoice).toBeNull()
    const { id } = productSubscription
    expect(
      await acme.consumer.refused(SubscribeDocument, { organizationId: acme.id, planId: offer.planId }),
    ).toMatchObject([{ code: 'ALREADY_SUBSCRIBED' }])
    expect(
      await acme.consumer.refused(ApproveProductSubscriptionDocument, { productSubscriptionId: id }),
    ).toMatchObject([{ code: 'NOT_ALLOWED' }])
    await whenItIs(market, later(await timeIn(market), 20 * day))
    const { productSubscription: waiting } = await acme.consumer.query(ProductSubscriptionDocument, { id })
    expect(waiting).toMatchObject({ state: 'PENDING_APPROVAL', invoices: { nodes: [] } })

    const approved = await market.provider.mutate(ApproveProductSubscriptionDocument, {
      productSubscriptionId: id,
      reason: 'Known.',
    })
    expect(approved.productSubscription).toMatchObject({
      state: 'ACTIVE',
      standing: 'AWAITING_FIRST_PAYMENT',
      approval: { decision: 'APPROVED', reason: 'Known.' },
    })
    expect(approved.invoice).toMatchObject({ status: 'OPEN', sync: { status: 'SYNCED' } })
    expect(await standingAtStripe(backend, approved.invoice.id)).toMatchObject({ total: 2500 })
    await heard.next(({ standing }) => standing === 'AWAITING_FIRST_PAYMENT')
    expect(heard.received.map(({ previousState, state }) => [previousState, state])).toEqual([
      [null, 'PENDING_APPROVAL'],
      ['PENDING_APPROVAL', 'ACTIVE'],
    ])
    await market.provider.refused(RejectProductSubscriptionDocument, { productSubscriptionId: id, reason: 'Too late.' })
  })

  test('is refused for good by a person, and may be asked for again', async () => {
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market, { approval: 'MANUAL' })
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { id: productSubscriptionId } = productSubscription
    for (const reason of ['', '  ', 'a\u0000b', '\ud800']) {
      const [unexplained] = await market.provider.refused(RejectProductSubscriptionDocument, {
        productSubscriptionId,
        reason,
      })
      expect(unexplained).toMatchObject({ field: ['input', 'reason'] })
    }
    const { productSubscription: rejected } = await market.provider.mutate(RejectProductSubscriptionDocument, {
      productSubscriptionId,
      reason: 'Unknown company.',
    })
    expect(rejected).toMatchObject({ state: 'REJECTED', approval: { reason: 'Unknown company.' } })
    expect(await market.provider.refused(ApproveProductSubscriptionDocument, { productSubscriptionId })).toMatchObject([
      { code: 'WRONG_STATE' },
    ])
    const { productSubscription: again } = await whenSubscribed(acme, offer)
    expect(again).toMatchObject({ state: 'PENDING_APPROVAL' })
    expect(again.id).not.toBe(productSubscriptionId)
  })

  test('costs nothing where nothing is to be paid, and Stripe is not asked', async () => {
    const acme = await givenOrganization(market)
    // What is read meanwhile, to see how older invoices stand, is no asking.
    const asked = async () => (await sandbox.requests()).filter(({ method }) => method !== 'GET')
    const before = await asked()
    for (const type of ['FREE', 'CUSTOM'] as const) {
      const offer = await givenOffer(market, { type })
      expect(await previewed(acme, offer)).toMatchObject({ dueNow: null, firstInvoice: null, obstacles: [] })
      const { productSubscription, invoice } = await whenSubscribed(acme, offer)
      expect(productSubscription).toMatchObject({ state: 'ACTIVE', standing: 'NOT_REQUIRED', blocks: [] })
      expect(invoice).toBeNull()
    }
    const offer = await givenOffer(market, { price: { base: '0', currency: 'USD' } })
    expect(await previewed(acme, offer)).toMatchObject({ dueNow: { amount: '0.00' }, obstacles: [] })
    const heard = await acme.consumer.listen(InvoiceChangedDocument, { organizationId: acme.id })
    const { productSubscription, invoice } = await whenSubscribed(acme, offer)
    expect(invoice).toMatchObject({
      status: 'PAID',
      number: null,
      hostedUrl: null,
      total: { amount: '0.00' },
      sync: { status: 'NOT_NEEDED' },
    })
    await heard.next(({ change }) => change === 'PAID')
    const { productSubscription: now } = await acme.consumer.query(ProductSubscriptionDocument, {
      id: productSubscription.id,
    })
    expect(now).toMatchObject({ state: 'ACTIVE', standing: 'GOOD', blocks: [] })
    await whenAllRests(market)
    expect(await asked()).toEqual(before)
    expect(await sandbox.invoicesOf(invoice.id)).toEqual([])
  })

  test('is not possible for what is not on sale, and says why', async () => {
    const acme = await givenOrganization(market)
    const refusal = async ({ planId }: { planId: string }) => {
      const [first, ...more] = await acme.consumer.refused(SubscribeDocument, { organizationId: acme.id, planId })
      expect(more).toEqual([])
      expect(first?.message).toMatch(/^[A-Z].*\.$/)
      return { code: first?.code, field: first?.field }
    }
    const notFound = { code: 'NOT_FOUND', field: ['input', 'planId'] }
    const wrongState = { code: 'WRONG_STATE', field: ['input', 'planId'] }
    const offer = await givenOffer(market)
    const { plan: draft } = await market.provider.mutate(CreatePlanDocument, {
      productId: offer.productId,
      name: 'Draft',
      type: 'FREE',
      quotas: [{ resourceIds: [offer.resourceId], limit: 'UNLIMITED' }],
    })
    for (const planId of [
      draft.id,
      neverWas(offer.planId),
      offer.productId,
      acme.id,
      '',
      'nonsense',
      'plan_\u0000',
      '\ud800',
      'a'.repeat(10_000),
    ]) {
      expect(await refusal({ planId })).toEqual(notFound)
    }
    const elsewhere = await givenOffer(await givenMarketplace(backend))
    expect(await refusal(elsewhere)).toEqual(notFound)

    // Whoever looks at it while it is taken from sale.
    const { token } = await previewed(acme, offer)
    await market.provider.mutate(DeprecatePlanDocument, { planId: offer.planId })
    expect([notFound, wrongState]).toContainEqual(await refusal(offer))
    const [late] = await acme.consumer.refused(SubscribeDocument, {
      organizationId: acme.id,
      planId: offer.planId,
      previewToken: token,
    })
    expect(['NOT_FOUND', 'WRONG_STATE']).toContain(late?.code)

    const unpublished = await givenOffer(market)
    const has = await givenOrganization(market, 'Has')
    await whenSubscribed(has, unpublished)
    await market.provider.mutate(UnpublishProductDocument, {
      productId: unpublished.productId,
      marketplaceId: market.id,
    })
    expect([notFound, wrongState]).toContainEqual(await refusal(unpublished))
    expect(await subscriptionsOf(acme.consumer, acme.id)).toEqual([])
  })

  test('tells all obstacles at once, and goes on when they are gone', async () => {
    const other = await givenMarketplace(backend, { selfSignupAllowed: true, signupApprovalRequired: true })
    const offer = await givenOffer(other)
    const email = `eve-${mark()}@eve.example`
    const consumer = backend.client()
    const { tokens, organization } = await consumer.mutate(SignUpDocument, {
      marketplaceId: other.id,
      givenName: 'Eve',
      familyName: 'Newcomer',
      email,
      password,
      organizationName: 'Newcomers',
    })
    consumer.take(tokens)
    const newcomers = { id: organization.id, name: 'Newcomers', email, consumer }
    const obstacles = async () => (await previewed(newcomers, offer)).obstacles.map(({ code, field }) => [code, field])
    const waits = ['WRONG_STATE', ['input', 'organizationId']]
    const unconnected = ['BILLING_NOT_CONFIGURED', null]
    const all = await obstacles()
    expect(all).toEqual(expect.arrayContaining([waits, unconnected]))
    expect(
      (await consumer.refused(SubscribeDocument, { organizationId: organization.id, planId: offer.planId })).map(
        ({ code, field }) => [code, field],
      ),
    ).toEqual(all)

    await other.provider.mutate(SetConsumerOrganizationStateDocument, {
      organizationId: organization.id,
      state: 'ACTIVE',
    })
    expect(await obstacles()).not.toContainEqual(waits)
    await givenBilling(other)
    expect(await obstacles()).not.toContainEqual(unconnected)
    for (const state of ['DISABLED', 'ACTIVE'] as const) {
      await other.provider.mutate(SetConsumerOrganizationStateDocument, {
        organizationId: organization.id,
        state,
        reason: 'A look at it.',
      })
      if (state === 'ACTIVE') continue
      const { data, errors } = await consumer.ask(SubscribeDocument, {
        input: { organizationId: organization.id, planId: offer.planId },
      })
      const codes = [
        ...errors.map(({ extensions }) => extensions?.code),
        ...(data?.subscribe.userErrors ?? []).map(({ code }) => code),
      ]
      expect(codes).toHaveLength(1)
    }
    await consumer.signIn(email, password, other.id)
    if ((await obstacles()).length > 0) {
      expect(await obstacles()).toEqual([['REQUIRED', ['input', 'organizationId']]])
      await consumer.mutate(UpdateConsumerOrganizationDocument, {
        organizationId: organization.id,
        billingEmail: email,
      })
    }
    expect((await whenSubscribed(newcomers, offer)).invoice).toMatchObject({ status: 'OPEN' })
  })

  test('of a paid plan needs somewhere to send invoices to', async () => {
    const email = `no-invoices-${mark()}@acme.example`
    const { organization } = await market.provider.mutate(CreateConsumerOrganizationDocument, {
      marketplaceId: market.id,
      name: 'No invoices',
      administratorEmail: email,
    })
    const consumer = await joined(backend, email)
    const acme = { id: organization.id, name: 'No invoices', email, consumer }
    const offer = await givenOffer(market)
    expect(await consumer.refused(SubscribeDocument, { organizationId: acme.id, planId: offer.planId })).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'organizationId'], message: expect.stringMatching(/billing email/) },
    ])
    await whenSubscribed(acme, await givenOffer(market, { type: 'FREE' }))
    await consumer.mutate(UpdateConsumerOrganizationDocument, { organizationId: acme.id, billingEmail: email })
    expect((await whenSubscribed(acme, offer)).invoice).toMatchObject({ status: 'OPEN' })
  })

  test('taken back before the first payment owes nothing, at Stripe neither', async () => {
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market)
    const heard = await acme.consumer.listen(InvoiceChangedDocument, { organizationId: acme.id })
    const { productSubscription, invoice } = await whenSubscribed(acme, offer)
    const page = invoice.hostedUrl as string
    await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: productSubscription.id,
      when: 'NOW',
    })
    await heard.next(({ change }) => change === 'VOIDED')
    expect(await standingAtStripe(backend, invoice.id)).toMatchObject({ status: 'void' })
    await whenPressed(page, 'card').catch(() => undefined)
    await whenAllRests(market)
    const { productSubscription: ended } = await acme.consumer.query(ProductSubscriptionDocument, {
      id: productSubscription.id,
    })
    expect(ended).toMatchObject({
      state: 'CANCELED',
      invoices: { nodes: [{ status: 'VOID', amountPaid: { amount: '0.00' } }] },
    })
    // And may be had again.
    expect((await whenSubscribed(acme, offer)).invoice).toMatchObject({ status: 'OPEN' })
  })

  async function subscriptionsOf(client: Client, organizationId: string) {
    const { data, errors } = await client.ask<
      { node: { productSubscriptions: { nodes: Array<{ id: string; state: string }> } } },
      object
    >(
      'query($id: ID!) { node(id: $id) { ... on ConsumerOrganization { productSubscriptions(first: 50) { nodes { id state } } } } }',
      { id: organizationId },
    )
    expect(errors).toEqual([])
    return data?.node.productSubscriptions.nodes
  }
})
