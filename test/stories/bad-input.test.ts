import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import { later, timeIn } from '../support/billing.js'
import type { Client } from '../support/client.js'
import {
  CreateGatewayTokenDocument,
  CreatePlanDocument,
  type CreatePlanInput,
  InviteMemberDocument,
  ReportUsageDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import {
  type MutationInput,
  mutationInputs,
  type Path,
  queryArguments,
  type Values,
  withValueAt,
} from '../support/inputs.js'
import { neverWas } from '../support/people.js'
import { everythingStored } from '../support/stored.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  mark,
  type Offer,
  type Organization,
  password,
  whenAccessIsAskedFor,
  whenSubscribed,
} from '../support/world.js'

/** PostgreSQL does not store the one, and the other changes on its way there unless somebody looks. */
const noTexts = ['nul\u0000', '\udc00half']
const atOnce = 6

interface Told {
  what: string
  mutation: string
  field: string
  /** Whether all around it is good where the rest is. */
  vouched: boolean
  status: number
  codes: string[]
  messages: string[]
  fields: string[]
}

describe('bad input', () => {
  let backend: Backend
  let market: Market
  let acme: Organization
  let offer: Offer
  let gateway: Client
  let values: Values
  let ids: string[]
  let texts: Told[] = []

  beforeAll(async () => {
    backend = await startBackend()
    market = await givenMarketplace(backend)
    const { id: billingIntegrationId } = await givenBilling(market)
    acme = await givenOrganization(market)
    offer = await givenOffer(market)
    const { productSubscription, invoice } = await whenSubscribed(acme, offer)
    const { applicationId, accessRequest, credential } = await whenAccessIsAskedFor(acme, offer, productSubscription.id)
    const { token, gatewayToken } = await market.provider.mutate(CreateGatewayTokenDocument, {
      marketplaceId: market.id,
      name: 'edge',
    })
    const { invitation } = await acme.consumer.mutate(InviteMemberDocument, {
      organizationId: acme.id,
      email: `bob-${mark()}@acme.example`,
      roles: ['DEVELOPER'],
    })
    const { viewer } = await acme.consumer.query(ViewerDocument)
    gateway = backend.client()
    gateway.accessToken = token
    const now = await timeIn(market)
    const named = {
      providerId: market.providerId,
      marketplaceId: market.id,
      organizationId: acme.id,
      productId: offer.productId,
      planId: offer.planId,
      resourceId: offer.resourceId,
      productSubscriptionId: productSubscription.id,
      invoiceId: invoice.id,
      applicationId,
      accessRequestId: accessRequest.id,
      credentialId: credential.id,
      gatewayTokenId: gatewayToken.id,
      invitationId: invitation.id,
      membershipId: viewer?.memberships[0]?.id,
      billingIntegrationId,
    }
    ids = Object.values(named) as string[]
    values = {
      ...named,
      resourceIds: offer.resourceId,
      organizationIds: acme.id,
      activatePlanIds: offer.planId,
      slug: `slug-${mark()}`,
      specification: '{}',
      basePath: `/base-${mark()}`,
      unit: 'transactions',
      versions: '*',
      type: 'FREE',
      limit: 'UNLIMITED',
      to: later(now, 60_000).toISOString(),
      occurredAt: now.toISOString(),
      restrictedKey: 'rk_test_sandbox_restricted_0001',
      webhookSecret: 'whsec_0123456789abcdef',
      ID: offer.planId,
      String: 'A text',
      Int: 1,
      BigInt: '1',
      Boolean: true,
      Currency: 'USD',
      Decimal: '1',
      DateTime: later(now, 60_000).toISOString(),
      EmailAddress: `new-${mark()}@acme.example`,
      JSON: {},
      TimeZone: 'UTC',
      URL: 'https://acme.example/',
      password,
      reason: 'A reason.',
    }
  })
  afterAll(() => backend.stop())

  /** Whoever may do it, so that it is refused for what is wrong with it. */
  function whoMay({ name }: { name: string }): Client {
    if (name === 'reportUsage') return gateway
    if (byNobody.has(name)) return backend.client()
    return byConsumers.has(name) ? acme.consumer : market.provider
  }

  /** Those that refuse what is bad: one tells nobody whom it knows, the other answers record by record. */
  function refusing(): MutationInput[] {
    return mutationInputs(values).filter(({ name }) => name !== 'requestPasswordReset' && name !== 'reportUsage')
  }

  function call(id: string) {
    const { productSubscriptionId, resourceId, occurredAt } = values as Record<string, string>
    return { id, productSubscriptionId, resourceId, occurredAt: occurredAt as string }
  }

  async function told(mutation: MutationInput, path: Path, value: unknown): Promise<Told> {
    const input = withValueAt(mutation, path, value, values)
    const { status, data, errors } = await whoMay(mutation).ask<
      Record<string, { userErrors: Refusal[] } | null>,
      object
    >(mutation.document, { input })
    const refusals = data?.[mutation.name]?.userErrors ?? []
    return {
      mutation: mutation.name,
      field: ['input', ...path].join('.'),
      vouched: path.length === 1 || (path[0] as string) in mutation.good,
      what: `${mutation.name} ${path.join('.')}: ${JSON.stringify(value)?.slice(0, 60)}`,
      status,
      codes: [...errors.map(({ extensions }) => extensions?.code ?? 'none'), ...refusals.map(({ code }) => code)],
      messages: [...errors, ...refusals].map(({ message }) => message),
      fields: refusals.flatMap(({ field }) => (field ? [field.join('.')] : [])),
    }
  }

  test('of any text that is none is refused in every mutation, by the field that it is in, and leaves no trace', async () => {
    const before = await stateOf(backend)
    const tries = refusing().flatMap((mutation) =>
      mutation.leaves
        .filter(({ type }) => type === 'String' || type === 'ID')
        .flatMap(({ path }) => noTexts.map((text) => ({ mutation, path, text }))),
    )
    texts = await inTurns(tries, ({ mutation, path, text }) => told(mutation, path, text))
    expectRefused(texts)
    expect(await stateOf(backend)).toEqual(before)
    expect(backend.complaints).toEqual([])
  })

  test('of any id that is another thing’s, or nothing’s, is refused in every mutation, and leaves no trace', async () => {
    const before = await stateOf(backend)
    const tries = refusing().flatMap((mutation) =>
      mutation.leaves
        .filter(({ type }) => type === 'ID')
        .flatMap(({ path }) => {
          const own = values[path.findLast((step) => typeof step === 'string') as string] as string
          const others = ids.filter((id) => id.split('_')[0] !== own?.split('_')[0])
          const foreign = others[(path.length + mutation.name.length) % others.length]
          return [foreign, neverWas(own ?? offer.planId), '', "' or 1=1 --", `${own}x`, 'a'.repeat(100_000)]
            .filter((id) => id !== undefined)
            .map((id) => ({ mutation, path, id }))
        }),
    )
    const answers = await inTurns(tries, ({ mutation, path, id }) => told(mutation, path, id))
    expectRefused(answers)
    expect(await stateOf(backend)).toEqual(before)
    expect(backend.complaints).toEqual([])
  })

  test('of lists with 1,001 elements is refused in every mutation, and leaves no trace', async () => {
    const before = await stateOf(backend)
    const tries = refusing().flatMap((mutation) =>
      mutation.lists.map(({ path, element }) => ({ mutation, path, element })),
    )
    const answers = await inTurns(tries, ({ mutation, path, element }) =>
      told(
        mutation,
        path,
        Array.from({ length: 1_001 }, () => element),
      ),
    )
    expectRefused(answers)
    expect(await stateOf(backend)).toEqual(before)

    const calls = Array.from({ length: 1_001 }, (_, index) => call(`call-${index}`))
    const { data, errors } = await gateway.ask(ReportUsageDocument, { input: { records: calls } })
    expect(data).toBeNull()
    expect(errors).toMatchObject([
      { message: 'A list has at most 1000 items.', extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(await stateOf(backend)).toEqual(before)
    expect(backend.complaints).toEqual([])
  })

  test('among records of usage keeps none of the others from being counted', async () => {
    const spoilt = ['id', 'credential', 'productSubscriptionId', 'resourceId', 'path'].flatMap((field) =>
      noTexts.map((text) => ({ ...call(`spoilt-${mark()}`), [field]: text })),
    )
    const good = call(`good-${mark()}`)
    const { accepted, rejected } = await gateway.mutate(ReportUsageDocument, { records: [...spoilt, good] })
    expect(accepted).toBe(1)
    expect(rejected).toHaveLength(spoilt.length)
    expect(rejected.filter(({ message }) => !isSentence(message))).toEqual([])
    expect(backend.complaints).toEqual([])
  })

  test('in queries finds nothing, and says so', async () => {
    const tries = queryArguments(values).flatMap(({ name, document, type, list }) =>
      (type === 'Int'
        ? [0, -1, 2_147_483_647, -2_147_483_648]
        : [...noTexts, '', 'nonsense', offer.planId, 'a'.repeat(100_000)]
      ).flatMap((value) =>
        [acme.consumer, market.provider, backend.client()].map((client) => ({
          name,
          document,
          client,
          spoilt: list ? [value] : value,
        })),
      ),
    )
    const answers = await inTurns(tries, async ({ name, document, client, spoilt }) => {
      const { status, errors } = await client.ask(document, { spoilt })
      return { what: `${name}: ${JSON.stringify(spoilt)?.slice(0, 60)}`, status, errors }
    })
    expect(
      answers
        .filter(
          ({ status, errors }) =>
            status >= 500 || errors.some(({ extensions }) => extensions?.code === 'INTERNAL_SERVER_ERROR'),
        )
        .map(({ what }) => what),
    ).toEqual([])
    const nodes = await acme.consumer.ask<{ nodes: unknown[] }, object>(
      'query($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      {
        ids: Array.from({ length: 1_001 }, () => acme.id),
      },
    )
    expect(nodes.errors.map(({ extensions }) => extensions?.code)).toEqual(['BAD_USER_INPUT'])
    const lists = await acme.consumer.ask<unknown, object>(
      'query($slug: String!, $text: String) { marketplace(slug: $slug) { products(search: $text, category: $text) { totalCount } byCursor: products(first: 5, after: $text) { totalCount } } }',
      { slug: market.slug, text: '\u0000\ud800' },
    )
    expect(lists.errors.map(({ extensions }) => extensions?.code)).not.toContain('INTERNAL_SERVER_ERROR')
    expect(backend.complaints).toEqual([])
  })

  test('of numbers and instants beyond all measure harms nothing', async () => {
    const extremes: Record<string, unknown[]> = {
      Int: [0, -1, 2_147_483_647, -2_147_483_648, 2 ** 31, 1.5, '1'],
      BigInt: ['0', '-1', '9223372036854775807', '-9223372036854775808', '9223372036854775808', 'NaN', 1e300],
      Decimal: [
        '0',
        '-1',
        '-0',
        '1e400',
        '1e-400',
        'NaN',
        'Infinity',
        `1${'0'.repeat(1_000)}`,
        `0.${'0'.repeat(1_000)}1`,
        '0x10',
        1e300,
      ],
      DateTime: [
        '0001-01-01T00:00:00Z',
        '9999-12-31T23:59:59.999999999Z',
        '2026-02-30T00:00:00Z',
        '+275760-09-13T00:00:00Z',
        'now',
      ],
      JSON: [
        null,
        [],
        'text',
        { a: '\u0000' },
        { '\ud800': 1 },
        nested(2_000),
        { type: 'object', properties: { a: { pattern: '(a+)+$' } } },
      ],
      Currency: ['XXQ', 'usd', 'XTS', 'XXX', 'XAU', '', '\u0000\u0000\u0000', 840],
      URL: [
        'javascript:alert(1)',
        'file:///etc/passwd',
        'http://169.254.169.254/',
        'https://',
        `https://a.example/${'a'.repeat(5_000)}`,
        'https://a.example/\u0000',
      ],
      TimeZone: ['Mars/Olympus', '', '../../etc/passwd', '\u0000'],
      EmailAddress: [
        'nobody',
        '@',
        'a@b',
        'a\u0000@acme.example',
        '\ud800@acme.example',
        `${'a'.repeat(300)}@acme.example`,
        'a@acme.example\r\nBcc: all@acme.example',
      ],
    }
    const tries = mutationInputs(values).flatMap((mutation) =>
      mutation.leaves.flatMap(({ path, type }) => (extremes[type] ?? []).map((value) => ({ mutation, path, value }))),
    )
    const answers = await inTurns(
      tries.filter(({ mutation }) => !['closing', 'advanceSandboxClock'].includes(mutation.name)),
      ({ mutation, path, value }) => told(mutation, path, value),
    )
    expect(answers.filter(isFault).map(({ what }) => what)).toEqual([])
    expect(backend.complaints).toEqual([])
    const { viewer } = await acme.consumer.query(ViewerDocument)
    expect(viewer?.user.email).toBe(acme.email)
  })

  test.each<[what: string, price: Partial<NonNullable<CreatePlanInput['price']>>, words: RegExp]>([
    ['a tenth of a cent', { base: '25.001' }, /decimal/],
    ['half a yen', { base: '2500.5', currency: 'JPY' }, /decimal/],
    ['a ten-thousandth of a dinar', { base: '25.0001', currency: 'KWD' }, /decimal/],
    ['a fil, which Stripe does not take', { base: '25.555', currency: 'KWD' }, /Stripe/],
    ['less than nothing', { base: '-25.00' }, /not below zero/],
    ['a set-up fee of a tenth of a cent', { setupFee: '0.001' }, /decimal/],
    ['a set-up fee of less than nothing', { setupFee: '-1' }, /not below zero/],
    ['more than Stripe takes', { base: '1000000.00' }, /most|more/],
    ['far more than anything', { base: '99999999999999999999999999' }, /larger/],
    ['every zero months', { intervalCount: 0 }, /1 to 36/],
    ['every million months', { intervalCount: 1_000_000 }, /1 to 36/],
  ])('of a price of %s is refused with the reason, and makes no plan', async (_what, price, words) => {
    const [refusal] = await market.provider.refused(CreatePlanDocument, {
      productId: offer.productId,
      name: `Refused ${mark()}`,
      type: 'PAID',
      price: { base: '25.00', currency: 'USD', ...price },
      quotas: [{ resourceIds: [offer.resourceId], limit: 'UNLIMITED' }],
    })
    const [field] = Object.keys(price)
    expect(refusal).toMatchObject({
      code: 'INVALID',
      field: ['input', 'price', field],
      message: expect.stringMatching(words),
    })
    expect(await everythingStored(backend.config.databaseUrl)).not.toContain('Refused ')
  })

  test('was told by its field, wherever nothing else was wrong', async () => {
    const accepted = new Set<string>()
    for (const mutation of refusing()) {
      const { codes } = await told(mutation, [], mutation.good)
      if (codes.length === 0) accepted.add(mutation.name)
    }
    expect(accepted.size).toBeGreaterThan(20)
    const untold = texts.filter(
      ({ vouched, mutation, field, fields }) => vouched && accepted.has(mutation) && !fields.includes(field),
    )
    expect(untold.map(({ what, fields }) => [what, fields])).toEqual([])
  })

  test('that is refused is not quoted, where it may be a password or a key', async () => {
    const secret = 'rk_test_51NotToBeRepeated'
    for (const input of [
      { restrictedKey: secret },
      { marketplaceId: market.id, restrictedKey: [secret] },
      { marketplaceId: market.id, restrictedKey: secret, more: secret },
    ]) {
      const { errors } = await market.provider.ask(
        'mutation($input: ConfigureBillingInput!) { configureBilling(input: $input) { userErrors { code } } }',
        { input },
      )
      expect(errors[0]).toMatchObject({
        extensions: { code: 'BAD_USER_INPUT' },
        message: expect.stringMatching(/^Variable "\$input" got an invalid value( at "input\.\w+")?; /),
      })
      expect(JSON.stringify(errors)).not.toContain(secret)
    }
  })
})

function expectRefused(answers: readonly Told[]): void {
  const at = (wrong: readonly Told[]) => wrong.map(({ what }) => what)
  expect(answers.length).toBeGreaterThan(10)
  expect(at(answers.filter(({ codes }) => codes.length === 0))).toEqual([])
  expect(at(answers.filter(isFault))).toEqual([])
  const unclear = answers.flatMap(({ what, messages }) =>
    messages.filter((text) => !isSentence(text)).map((text) => [what, text]),
  )
  expect(unclear).toEqual([])
}

function isFault({ status, codes }: Pick<Told, 'status' | 'codes'>): boolean {
  return status >= 500 || codes.includes('INTERNAL_SERVER_ERROR')
}

interface Refusal {
  code: string
  message: string
  field: string[] | null
}

const byConsumers = new Set([
  'subscribe',
  'changePlan',
  'cancelProductSubscription',
  'keepProductSubscription',
  'createApplication',
  'requestAccess',
  'createCredential',
  'rotateCredential',
  'setCredentialState',
  'inviteMember',
  'resendInvitation',
  'revokeInvitation',
  'updateMemberRoles',
  'removeMember',
  'updateConsumerOrganization',
  'revokeAccess',
])
const byNobody = new Set([
  'signUp',
  'signIn',
  'verifyEmail',
  'refreshSession',
  'requestPasswordReset',
  'resetPassword',
  'acceptInvitation',
])

function isSentence(message: string): boolean {
  return /^[A-Z“"#].*[.!?]$/s.test(message)
}

function nested(depth: number): unknown {
  return JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
}

/** What people have made: all that is stored, but for what passes with time and what counts failures. */
async function stateOf(backend: Backend): Promise<string[]> {
  const passing = /^(graphile_worker\.|public\.(attempt|session|stripe_event|idempotency_record|live_cursor))/
  const stored = await everythingStored(backend.config.databaseUrl)
  const rows: string[] = []
  let table = ''
  for (const line of stored.split('\n')) {
    if (!line.startsWith('{')) table = line
    else if (!passing.test(table)) rows.push(`${table} ${line.replace(/"last_used_at":("[^"]*"|null)/, '')}`)
  }
  return rows.sort()
}

async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  const waiting = items.entries()
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
