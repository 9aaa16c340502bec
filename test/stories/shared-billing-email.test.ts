import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import {
  AcceptInvitationDocument,
  ConfigureBillingDocument,
  CreateConsumerOrganizationDocument,
  InviteMemberDocument,
  SetConsumerOrganizationStateDocument,
  UpdateConsumerOrganizationDocument,
} from '../support/generated/graphql.js'
import { givenBilling, givenMarketplace, givenOrganization, type Market, mark } from '../support/world.js'

describe('a billing email that two organizations have', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await startBackend()
  })
  afterAll(() => backend.stop())

  /** With the portal's link, as every connection of these stories has it. */
  async function givenConnected(): Promise<Market & { connection: string }> {
    const market = await givenMarketplace(backend)
    const { id } = await givenBilling(market)
    return { ...market, connection: id }
  }

  async function made({ provider, id: marketplaceId }: Market, name: string, billingEmail: string) {
    const { organization, warnings } = await provider.mutate(CreateConsumerOrganizationDocument, {
      marketplaceId,
      name,
      billingEmail,
    })
    return { id: organization.id, warnings }
  }

  const whenBilledAt = async (by: Client, organizationId: string, billingEmail: string | null) =>
    (await by.mutate(UpdateConsumerOrganizationDocument, { organizationId, billingEmail })).warnings

  const said = (email: string, names: string) => [
    `${email} is the billing email of ${names}, too: in Stripe's customer portal it signs in to one of them only.`,
  ]

  test('is allowed, and whoever sets it is told, as far as they may see the other', async () => {
    const market = await givenConnected()
    const { provider } = market
    const acme = await givenOrganization(market)
    const bolt = await givenOrganization(market, 'Bolt')
    const bills = `bills-${mark()}@acme.example`
    expect(await whenBilledAt(acme.consumer, acme.id, bills)).toEqual([])
    expect((await made(market, 'Crate', bills.toUpperCase())).warnings).toEqual(said(bills, 'Acme'))
    // Who else is billed there is nobody's business but the provider's and their own people's.
    expect(await whenBilledAt(bolt.consumer, bolt.id, bills)).toEqual([])
    expect(await whenBilledAt(provider, bolt.id, bills)).toEqual(said(bills, 'Acme, Crate'))

    await bolt.consumer.mutate(InviteMemberDocument, {
      organizationId: bolt.id,
      email: acme.email,
      roles: ['ADMINISTRATOR'],
    })
    const { token } = await backend.mails.next(acme.email)
    await acme.consumer.mutate(AcceptInvitationDocument, { token: token as string })
    expect(await whenBilledAt(acme.consumer, bolt.id, bills)).toEqual(said(bills, 'Acme'))

    for (const name of ['Dune', 'Ember']) await made(market, name, bills)
    expect(await whenBilledAt(provider, acme.id, bills)).toEqual(said(bills, 'Bolt, Crate, Dune and others'))
    expect(await whenBilledAt(provider, acme.id, `other-${bills}`)).toEqual([])
    expect(await whenBilledAt(provider, acme.id, null)).toEqual([])
  })

  test('is told among all marketplaces of a connection, and where there is a portal alone', async () => {
    const first = await givenConnected()
    const { provider } = first
    const [sharing, apart] = [await givenMarketplace(backend), await givenConnected()]
    await provider.mutate(ConfigureBillingDocument, {
      marketplaceId: sharing.id,
      billingIntegrationId: first.connection,
    })
    const bills = `bills-${mark()}@acme.example`
    const acme = await made(first, 'Acme', bills)
    expect(acme.warnings).toEqual([])
    expect((await made(sharing, 'Bolt', bills)).warnings).toEqual(said(bills, 'Acme'))
    expect((await made(apart, 'Crate', bills)).warnings).toEqual([])
    expect((await made(await givenMarketplace(backend), 'Dune', bills)).warnings).toEqual([])

    await provider.mutate(SetConsumerOrganizationStateDocument, { organizationId: acme.id, state: 'CLOSED' })
    const again = await made(first, 'Ember', bills)
    expect(again.warnings).toEqual(said(bills, 'Bolt'))
    await provider.mutate(ConfigureBillingDocument, { marketplaceId: first.id, customerPortalUrl: null })
    expect(await whenBilledAt(provider, again.id, bills)).toEqual([])
  })

  test('is told again to whoever asks again, and not where it is refused', async () => {
    const market = await givenConnected()
    const { provider, id: marketplaceId } = market
    const bills = `bills-${mark()}@acme.example`
    await made(market, 'Acme', bills)
    const input = { marketplaceId, name: 'Bolt', billingEmail: bills, idempotencyKey: mark() }
    for (const _ of ['once', 'again']) {
      const { createConsumerOrganization } = await provider.query(CreateConsumerOrganizationDocument, { input })
      expect(createConsumerOrganization.warnings).toEqual(said(bills, 'Acme'))
    }
    const { createConsumerOrganization: refused } = await provider.query(CreateConsumerOrganizationDocument, {
      input: { marketplaceId, name: ' ', billingEmail: bills },
    })
    expect(refused).toMatchObject({ organization: null, warnings: [], userErrors: [{ code: 'REQUIRED' }] })
  })
})
