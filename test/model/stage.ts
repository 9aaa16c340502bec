import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import pg from 'pg'
import { newId } from '../../src/kernel/id.js'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import {
  AdvanceSandboxClockDocument,
  ApproveProductSubscriptionDocument,
  CancelProductSubscriptionDocument,
  ChangePlanDocument,
  CreateApplicationDocument,
  CreateCredentialDocument,
  InvoiceDocument,
  KeepProductSubscriptionDocument,
  MarkInvoicePaidDocument,
  MarkInvoiceUncollectibleDocument,
  PlanChangePreviewDocument,
  ProductSubscriptionInvoicesDocument,
  RejectProductSubscriptionDocument,
  ReportUsageDocument,
  RequestAccessDocument,
  ResumeProductSubscriptionDocument,
  SubscribeDocument,
  SuspendProductSubscriptionDocument,
  UpdateMarketplaceDocument,
  VoidInvoiceDocument,
} from '../support/generated/graphql.js'
import { sandboxOf } from '../support/sandbox.js'
import { mark, whenPressed } from '../support/world.js'
import { type Deed, nth, type SubscriptionSeen } from './deeds.js'
import type { Trouble } from './history.js'
import type { Place } from './places.js'
import { type StoredRow, seenOf, shownOf, storedSubscriptions } from './stored.js'

const mostTries = 20

interface Row extends StoredRow {
  seen: SubscriptionSeen
}

/** An organization of a place, with what is known of it by its ids. */
export interface Player {
  readonly place: Place
  readonly organizationId: string
  /** Whether it has an application with access, and a key for it. */
  readonly hasKey: boolean
  application: { readonly id: string; readonly key: string } | null
  /** In the order in which they were made. */
  readonly subscriptionIds: string[]
}

/** The real backend, on a clock that stands still but where it is moved. */
export class Stage {
  readonly #database: pg.Pool
  #rows = new Map<string, Row>()

  private constructor(
    readonly backend: Backend,
    private readonly provider: Client,
  ) {
    this.#database = new pg.Pool({ connectionString: backend.config.databaseUrl, max: 2 })
  }

  static async open(): Promise<Stage> {
    const backend = await startBackend({ logLevel: 'error' })
    const stage = new Stage(backend, await backend.administrator())
    await stage.#clock({ frozen: true })
    return stage
  }

  async close(): Promise<void> {
    await this.#database.end()
    await this.backend.stop()
  }

  /** The next whole second: Stripe knows no less. */
  async wholeSecond(): Promise<number> {
    const { now } = await this.#clock()
    return this.moveTo(Math.ceil((Date.parse(now) + 1) / 1_000) * 1_000)
  }

  /** All that was set going comes to rest, and all that falls due happens. */
  async moveTo(instant: number): Promise<number> {
    const { now } = await this.#advance(new Date(instant).toISOString())
    if (Date.parse(now) !== instant) throw new Error(`It is ${now}, and was to be ${new Date(instant).toISOString()}.`)
    return instant
  }

  /** As clients do: whoever is told to try again does. */
  async #advance(to: string): Promise<{ now: string }> {
    for (let tried = 1; ; tried += 1) {
      const { data, errors } = await this.provider.ask(AdvanceSandboxClockDocument, { input: { to } })
      if (data?.advanceSandboxClock.now) return { now: data.advanceSandboxClock.now }
      const busy = errors.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE')
      if (!busy || tried === mostTries) throw new Error(`Time could not be moved: ${JSON.stringify(errors)}`)
    }
  }

  async relocate({ market }: Place, timeZone: string): Promise<void> {
    await market.provider.mutate(UpdateMarketplaceDocument, { marketplaceId: market.id, timeZone })
  }

  /** What goes wrong with webhooks from now on. */
  async trouble(trouble: Trouble): Promise<void> {
    const control = sandboxOf(this.backend)
    await control.mend()
    const some = { match: { event: '*', probability: 0.5 } as never }
    // Of a debit that is under way, or has bounced, nothing but its event tells: that is no news to be lost.
    const lost = trouble === 'lost' ? ['finalized', 'paid', 'voided', 'marked_uncollectible'] : []
    for (const event of lost) {
      await control.fault({ match: { event: `invoice.${event}`, probability: 0.5 } as never, act: 'drop' })
    }
    if (trouble === 'repeated') await control.fault({ ...some, act: 'duplicate', copies: 2 })
    if (trouble === 'reordered') await control.fault({ ...some, act: 'reorder' })
  }

  /** Organizations of one person each, written at once: how they come is told elsewhere. */
  async enter(comers: ReadonlyArray<Pick<Player, 'place' | 'hasKey'>>): Promise<Player[]> {
    const players = comers.map((comer) => ({
      ...comer,
      organizationId: newId('org'),
      application: null,
      subscriptionIds: [],
    }))
    const columns = [
      players.map(({ organizationId }) => organizationId),
      players.map(({ place }) => place.market.providerId),
      players.map(({ place }) => place.market.id),
      players.map(({ place }) => place.userId),
      players.map(() => newId('mem')),
    ]
    const given =
      'unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as given (org, prov, mkt, usr, mem)'
    await this.#database.query(
      `insert into consumer_organization (id, provider_id, marketplace_id, name, state, billing_email, created_at)
       select org, prov, mkt, org, 'ACTIVE', org || '@model.example', now() from ${given}`,
      columns,
    )
    await this.#database.query(
      `insert into membership (id, provider_id, marketplace_id, organization_id, user_id, roles, joined_at)
       select mem, prov, mkt, org, usr, '{ADMINISTRATOR}', now() from ${given}`,
      columns,
    )
    return players
  }

  /** Does it, and tells by which codes it was refused; null where there is nothing that it could be done to. */
  async take(player: Player, deed: Deed): Promise<readonly string[] | null> {
    const { place } = player
    if (deed.do === 'subscribe') return this.#subscribe(player, place.planIds[deed.plan] as string)
    const productSubscriptionId = nth(player.subscriptionIds, deed.of)
    if (!productSubscriptionId) return null
    const { provider } = place.market
    switch (deed.do) {
      case 'approve':
        return refusals(provider, ApproveProductSubscriptionDocument, { productSubscriptionId })
      case 'reject':
        return refusals(provider, RejectProductSubscriptionDocument, { productSubscriptionId, reason: 'No.' })
      case 'suspend':
        return refusals(provider, SuspendProductSubscriptionDocument, { productSubscriptionId, reason: 'Abuse.' })
      case 'resume':
        return refusals(provider, ResumeProductSubscriptionDocument, { productSubscriptionId })
      case 'cancel':
        return refusals(place.consumer, CancelProductSubscriptionDocument, { productSubscriptionId, when: deed.when })
      case 'keep':
        return refusals(place.consumer, KeepProductSubscriptionDocument, { productSubscriptionId })
      case 'change':
        return this.#change(place, productSubscriptionId, place.planIds[deed.plan] as string, deed.when)
      case 'use':
        return this.#use(place, productSubscriptionId, deed)
      default:
        return this.#dealWith(place, productSubscriptionId, deed)
    }
  }

  async #subscribe(player: Player, planId: string): Promise<readonly string[]> {
    const { place, organizationId } = player
    const { subscribe } = await place.consumer.query(SubscribeDocument, { input: { organizationId, planId } })
    if (!subscribe.productSubscription) return codes(subscribe.userErrors)
    const { id: productSubscriptionId } = subscribe.productSubscription
    player.subscriptionIds.push(productSubscriptionId)
    if (!player.hasKey) return []
    player.application ??= await this.#application(player)
    const { id: applicationId } = player.application
    await place.consumer.mutate(RequestAccessDocument, {
      applicationId,
      resourceId: place.resourceId,
      productSubscriptionId,
    })
    return []
  }

  async #application({ place: { consumer }, organizationId }: Player) {
    const { application } = await consumer.mutate(CreateApplicationDocument, { organizationId, name: 'Finder' })
    const { secret } = await consumer.mutate(CreateCredentialDocument, { applicationId: application.id, name: 'key' })
    return { id: application.id, key: secret }
  }

  async #change({ consumer }: Place, productSubscriptionId: string, planId: string, when: 'NOW' | 'PERIOD_END') {
    const { planChangePreview } = await consumer.query(PlanChangePreviewDocument, {
      input: { productSubscriptionId, planId, when },
    })
    const { token, obstacles } = planChangePreview
    return token === null || token === undefined
      ? codes(obstacles)
      : refusals(consumer, ChangePlanDocument, { previewToken: token })
  }

  async #use(place: Place, productSubscriptionId: string, { quantity, hoursAgo }: Extract<Deed, { do: 'use' }>) {
    const { now } = await this.#clock()
    const occurredAt = new Date(Date.parse(now) - hoursAgo * 3_600_000).toISOString()
    const { resourceId, gateway } = place
    const record = { id: `use-${mark()}`, productSubscriptionId, resourceId, quantity, occurredAt }
    const { rejected } = await gateway.mutate(ReportUsageDocument, { records: [record] })
    return codes(rejected)
  }

  async #dealWith(
    { consumer, market: { provider } }: Place,
    productSubscriptionId: string,
    deed: Extract<Deed, { do: 'pay' | 'void' | 'write off' | 'pay outside' }>,
  ): Promise<readonly string[] | null> {
    const invoice = nth(this.#rows.get(productSubscriptionId)?.invoices ?? [], deed.invoice)
    if (!invoice) return null
    const input = { invoiceId: invoice.id, reason: 'As the history says.' }
    switch (deed.do) {
      case 'pay': {
        // Asked for anew: an address expires.
        const { invoice: shown } = await consumer.query(InvoiceDocument, { id: invoice.id })
        if (!shown?.hostedUrl) return null
        await whenPressed(shown.hostedUrl, deed.button)
        return []
      }
      case 'void':
        return refusals(provider, VoidInvoiceDocument, input)
      case 'write off':
        return refusals(provider, MarkInvoiceUncollectibleDocument, input)
      case 'pay outside':
        return refusals(provider, MarkInvoicePaidDocument, input)
    }
  }

  /** Reads how all of them stand, as it is stored. */
  async read(players: readonly Player[]): Promise<void> {
    const ids = players.map(({ organizationId }) => organizationId)
    const { rows } = await this.#database.query<StoredRow>(storedSubscriptions, [ids])
    const byOrganization = new Map(players.map((player) => [player.organizationId, player]))
    this.#rows = new Map(
      rows.map((row) => {
        const { place } = byOrganization.get(row.organization_id) as Player
        return [row.id, { ...row, seen: seenOf(row, place.planIds) }]
      }),
    )
  }

  /** How one stood when all were read. */
  seen({ subscriptionIds }: Player): SubscriptionSeen[] {
    return subscriptionIds.map((id) => (this.#rows.get(id) as Row).seen)
  }

  /** The same of one, as the API shows it to the organization. */
  async show({ place, subscriptionIds }: Player): Promise<SubscriptionSeen[]> {
    const shown: SubscriptionSeen[] = []
    for (const id of subscriptionIds) {
      const { productSubscription } = await place.consumer.query(ProductSubscriptionInvoicesDocument, {
        id,
        first: 100,
      })
      if (!productSubscription) throw new Error(`Subscription ${id} cannot be seen.`)
      shown.push(shownOf(productSubscription, place.planIds))
    }
    return shown
  }

  /** What the gateway is told of the player's key. */
  async knock({ place, application }: Player): Promise<{ allowed: boolean; reasons: string[] }> {
    if (!application) return { allowed: false, reasons: [] }
    const response = await fetch(`${this.backend.url}/gateway/authorize`, {
      headers: {
        'x-gateway-token': place.gatewayToken,
        'x-api-key': application.key,
        'x-original-uri': `${place.basePath}/things`,
      },
    })
    await response.arrayBuffer()
    return { allowed: response.status === 204, reasons: response.headers.get('x-access-reason')?.split(', ') ?? [] }
  }

  #clock(body?: object): Promise<{ now: string }> {
    return this.#control('clock', body)
  }

  async #control<Answer>(path: string, body?: object): Promise<Answer> {
    const asked = body ? { method: 'POST', body: JSON.stringify(body) } : {}
    const response = await fetch(`${this.backend.sandbox.url}/_sandbox/${path}`, asked)
    if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as Answer
  }
}

type Refusable<Input> = TypedDocumentNode<unknown, { input: Input }>

async function refusals<Input>(client: Client, document: Refusable<Input>, input: Input): Promise<string[]> {
  const data = await client.query(document, { input })
  const [payload] = Object.values(data as object) as Array<{ userErrors: Array<{ code: string }> }>
  return codes(payload?.userErrors ?? [])
}

const codes = (errors: ReadonlyArray<{ code: string }>): string[] => [...new Set(errors.map(({ code }) => code))].sort()
