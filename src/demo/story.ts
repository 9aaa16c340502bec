import Stripe from 'stripe'
import { type Data, DemoClient, DemoFailure } from './client.js'
import { tokenMailedTo } from './mail-folder.js'

export interface Stage {
  /** Where the backend answers. */
  api: string
  /** Where Stripe answers: the sandbox. */
  stripe: string
  /** Where mails are written to. */
  mailFolder: string
  administrator: { email: string; password: string }
  /** A published OpenAPI document, as text. */
  openapi: string
  print: (line: string) => void
}

const secretKey = 'sk_test_sandbox_secret_0001'
const restrictedKey = 'rk_test_sandbox_restricted_0001'
const patience = 15_000
const listenedTo = [
  'invoice-changed',
  'invoice-paid',
  'product-subscription-changed',
  'access-granted',
  'access-changed',
]

const misspelt = 'invoicemarked_uncollectable'
/** The events that Stripe's guide lists, one of them misspelt there, and the versions that it names. */
const guide = {
  events: ['invoice.finalized', misspelt, 'invoice.paid', 'invoice.voided'],
  versions: ['2022-11-15', '2024-06-20'],
} as const

/** The story of a sale, told as a client lives it: from the billing set-up to the first granted call. */
export class SaleStory {
  readonly #provider: DemoClient
  readonly #consumer: DemoClient
  readonly #pushed: Array<{ what: string; data: Data; at: number }> = []
  #waiting: Array<() => void> = []
  #failure: Error | null = null
  #step = 0
  /** Differs from run to run, so that the story can be told again to the same backend. */
  readonly #mark = Date.now().toString(36)

  constructor(private readonly stage: Stage) {
    this.#provider = new DemoClient(stage.api)
    this.#consumer = new DemoClient(stage.api)
  }

  async tell(): Promise<void> {
    try {
      const marketplace = await this.#openMarketplace()
      await this.#connectStripe(marketplace)
      const organization = await this.#welcomeOrganization(marketplace)
      const { plan, resource } = await this.#publishProduct(marketplace)
      const gatewayToken = await this.#connectGateway(marketplace)
      const bought = await this.#subscribe(marketplace, organization, plan)
      const key = await this.#askForAccess(organization, bought.productSubscription, resource)
      await this.#call(gatewayToken, key, resource, 403)
      await this.#pay(bought.invoice)
      await this.#call(gatewayToken, key, resource, 204)
      this.stage.print('')
      this.stage.print('The sale is done: what was refused before the payment passes after it.')
    } finally {
      await this.#provider.close()
      await this.#consumer.close()
    }
  }

  async #openMarketplace(): Promise<Data> {
    const { email, password } = this.stage.administrator
    this.#title(`${email} signs in and opens a marketplace`)
    const { viewer } = await this.#provider.signIn(email, password)
    const providerId = viewer.providerMemberships[0].provider.id
    const { marketplace } = await this.#provider.mutate('create-marketplace', {
      providerId,
      name: 'Harbour',
      slug: `harbour-${this.#mark}`,
      url: 'http://127.0.0.1:3000',
      visibility: 'PUBLIC',
    })
    this.#tell(`marketplace ${marketplace.slug}, time zone ${marketplace.timeZone}`)
    return { ...marketplace, providerId }
  }

  /** As an administrator does it: the key first, then the endpoint at the address shown, then its secret. */
  async #connectStripe(marketplace: Data): Promise<void> {
    this.#title('Connects it to Stripe with a restricted key, a webhook endpoint and the portal link')
    const { billing } = await this.#provider.mutate('configure-billing', {
      marketplaceId: marketplace.id,
      restrictedKey,
      customerPortalUrl: `${this.stage.stripe}/p/login/test_sandbox`,
    })
    this.#tell(`mode ${billing.mode}, key …${billing.restrictedKeyLast4}, webhooks to ${billing.webhookUrl}`)

    const { hostname, port, protocol } = new URL(this.stage.stripe)
    const stripe = new Stripe(secretKey, {
      host: hostname,
      port: Number(port),
      protocol: protocol.slice(0, -1) as 'http',
    })
    const endpoint = (events: readonly string[], version: string) =>
      stripe.webhookEndpoints.create({
        url: billing.webhookUrl,
        enabled_events: [...events] as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
        api_version: version as Stripe.WebhookEndpointCreateParams.ApiVersion,
        description: 'Harbour',
      })
    const refusal = await endpoint(guide.events, guide.versions[0]).then(
      () => null,
      (error: Error) => error,
    )
    if (!refusal) throw new DemoFailure('Stripe took an event that does not exist.')
    this.#tell(`Stripe refuses «${misspelt}», as its own guide spells it: ${refusal.message.split(':')[0]}`)
    const made = await endpoint(billing.webhookEvents, guide.versions[1])
    await this.#provider.mutate('configure-billing', { marketplaceId: marketplace.id, webhookSecret: made.secret })
    const tested = await this.#provider.mutate('test-billing', { billingIntegrationId: billing.id })
    for (const check of tested.checks) this.#tell(`${check.ok ? '✓' : '–'} ${check.name}: ${check.detail}`)
  }

  async #welcomeOrganization(marketplace: Data): Promise<Data> {
    this.#title('Makes a consumer organization and invites its administrator')
    const email = `ada-${this.#mark}@acme.example`
    const token = tokenMailedTo(email, this.stage.mailFolder)
    const { organization } = await this.#provider.mutate('create-consumer-organization', {
      marketplaceId: marketplace.id,
      name: 'Acme',
      billingEmail: `billing-${this.#mark}@acme.example`,
      administratorEmail: email,
    })
    this.#tell(`invitation mailed to ${email}`)
    const accepted = await this.#consumer.mutate('accept-invitation', {
      token: await token,
      givenName: 'Ada',
      familyName: 'Acme',
      password: 'a-fine-long-password',
    })
    this.#consumer.accessToken = accepted.tokens.accessToken
    this.#tell(
      `${accepted.viewer.user.email} has joined ${organization.name} as ${accepted.membership.roles.join(', ')}`,
    )
    await this.#listen(organization)
    return organization
  }

  /** From this moment on: what happens before the socket is open is told too. */
  async #listen(organization: Data): Promise<void> {
    const { liveCursor: after } = await this.#consumer.run('live-cursor')
    for (const name of listenedTo) {
      this.#consumer.listen(
        name,
        { organizationId: organization.id, after },
        {
          next: (data) => this.#arrived(name, data),
          failed: (failure) => this.#breakOff(failure),
        },
      )
    }
  }

  async #publishProduct(marketplace: Data): Promise<{ plan: Data; resource: Data }> {
    this.#title('Makes an asset from an OpenAPI document, a product and a plan, and publishes them')
    const { asset } = await this.#provider.mutate('create-asset', {
      providerId: marketplace.providerId,
      name: `Pets ${this.#mark}`,
      resources: [{ specification: this.stage.openapi, basePath: `/pets-${this.#mark}/v1` }],
    })
    const [resource] = asset.resources
    this.#tell(`API «${resource.name}» ${resource.apiVersion}, served below ${resource.basePath}`)
    await this.#provider.mutate('release-asset', { assetId: asset.id, releaseType: 'MAJOR' })
    const { product } = await this.#provider.mutate('create-product', {
      providerId: marketplace.providerId,
      name: `Pet store ${this.#mark}`,
      assets: [{ assetId: asset.id }],
      terms: { title: 'Terms of use', body: 'Be kind to the animals.' },
    })
    const { plan } = await this.#provider.mutate('create-plan', {
      productId: product.id,
      name: 'Business',
      type: 'PAID',
      price: { base: '25.00', currency: 'USD' },
      quotas: [{ resourceIds: [resource.id], limit: 'STRICT', limitUnits: '1000' }],
    })
    await this.#provider.mutate('activate-product', { productId: product.id, releaseType: 'MAJOR' })
    const { warnings } = await this.#provider.mutate('publish-product', {
      productId: product.id,
      marketplaceId: marketplace.id,
      activatePlanIds: [plan.id],
    })
    this.#tell(
      `plan ${plan.name}: ${plan.price.base.formatted} a month, 1,000 calls${warnings.map((text: string) => `; ${text}`).join('')}`,
    )
    return { plan, resource }
  }

  async #connectGateway(marketplace: Data): Promise<string> {
    const { token, gatewayToken } = await this.#provider.mutate('create-gateway-token', {
      marketplaceId: marketplace.id,
      name: 'edge',
    })
    this.#tell(`gateway token …${gatewayToken.last4} for the gateway`)
    return token
  }

  async #subscribe(marketplace: Data, organization: Data, plan: Data): Promise<Data> {
    this.#title('Ada looks around, looks at the price, accepts the terms and subscribes')
    const { marketplace: front } = await this.#consumer.run('browse-marketplace', { slug: marketplace.slug })
    this.#tell(`${front.products.totalCount} product on offer`)
    const { subscribePreview } = await this.#consumer.run('subscribe-preview', {
      input: { organizationId: organization.id, planId: plan.id },
    })
    this.#tell(`due now: ${subscribePreview.dueNow.formatted}, then again on ${subscribePreview.renewsAt.slice(0, 10)}`)
    const bought = await this.#consumer.mutate('subscribe', {
      organizationId: organization.id,
      planId: plan.id,
      previewToken: subscribePreview.token,
      acceptedTermsVersion: subscribePreview.terms?.version,
      idempotencyKey: `demo-${this.#mark}`,
    })
    const { productSubscription, invoice } = bought
    this.#tell(`subscription ${productSubscription.state}, ${productSubscription.standing}`)
    this.#tell(`invoice ${invoice.number ?? '(on its way to Stripe)'}: ${invoice.total.formatted}, ${invoice.status}`)
    return bought
  }

  async #askForAccess(organization: Data, productSubscription: Data, resource: Data): Promise<string> {
    this.#title('Asks for access and a key before the invoice is paid')
    const { application } = await this.#consumer.mutate('create-application', {
      organizationId: organization.id,
      name: 'Pet finder',
    })
    const { accessRequest } = await this.#consumer.mutate('request-access', {
      applicationId: application.id,
      resourceId: resource.id,
      productSubscriptionId: productSubscription.id,
    })
    this.#tell(`access ${accessRequest.state}: ${accessRequest.blocks.map((block: Data) => block.message).join(' ')}`)
    const { credential, secret } = await this.#consumer.mutate('create-credential', {
      applicationId: application.id,
      name: 'production',
    })
    this.#tell(`key ${credential.publicId}…${credential.last4}, shown once`)
    return secret
  }

  async #call(gatewayToken: string, key: string, resource: Data, expected: number): Promise<void> {
    this.#title('The gateway asks whether a call may pass')
    const response = await fetch(`${this.stage.api}/gateway/authorize`, {
      headers: {
        'x-gateway-token': gatewayToken,
        'x-api-key': key,
        'x-original-uri': `${resource.basePath}/pets?limit=3`,
      },
    })
    const reason = response.headers.get('x-access-reason')
    const left = response.headers.get('x-quota-remaining')
    this.#tell(`${response.status} ${reason ?? `passes, ${left} calls left`}`)
    if (response.status !== expected) throw new DemoFailure(`The gateway answered ${response.status}, not ${expected}.`)
  }

  async #pay(invoice: Data): Promise<void> {
    const opened = invoice.hostedUrl ? invoice : await this.#openInvoice(invoice.id)
    this.#title(`Pays at Stripe: ${opened.hostedUrl}`)
    const declinedAt = performance.now()
    await this.#press(opened.hostedUrl, 'card_declined')
    this.#tell(`a declined card changes nothing (${since(declinedAt)})`)
    const paidAt = performance.now()
    await this.#press(opened.hostedUrl, 'card')
    this.#tell(`the page has taken the card (${since(paidAt)})`)
    const pushed = (what: string) => this.#pushed.find((event) => event.what === what && event.at >= paidAt)
    // A payment is told of in each of these ways.
    await this.#until(() => listenedTo.every((what) => pushed(what) !== undefined))
    for (const what of ['invoice-paid', 'access-granted']) {
      const event = pushed(what)
      if (event) this.#tell(`${what} was pushed ${(event.at - paidAt).toFixed(0)} ms after the click`)
    }
  }

  /** Where Stripe was slow, `invoiceChanged` tells when it can be paid. */
  async #openInvoice(id: string): Promise<Data> {
    await this.#until(() => this.#pushed.some(({ data }) => data.change === 'OPENED' && data.invoice.id === id))
    const { invoice } = await this.#consumer.run('invoice', { id })
    return invoice
  }

  async #press(page: string, method: string): Promise<void> {
    const response = await fetch(page, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ method }),
      redirect: 'manual',
    })
    if (response.status >= 400 && method === 'card') {
      throw new DemoFailure(`The invoice's page answered ${response.status}.`)
    }
  }

  #arrived(what: string, data: Data): void {
    this.#pushed.push({ what, data, at: performance.now() })
    this.stage.print(`        ⇠ ${what}: ${described(data)}`)
    this.#wake()
  }

  #breakOff(failure: Error): void {
    this.#failure = failure
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async #until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + patience
    while (!holds()) {
      if (this.#failure) throw this.#failure
      const left = deadline - performance.now()
      if (left <= 0) throw new DemoFailure('Nothing was pushed in time.')
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  #title(text: string): void {
    this.#step += 1
    this.stage.print('')
    this.stage.print(`${String(this.#step).padStart(2)}. ${text}`)
  }

  #tell(text: string): void {
    this.stage.print(`      ${text}`)
  }
}

function since(start: number): string {
  return `${(performance.now() - start).toFixed(0)} ms`
}

function described(data: Data): string {
  if (data.change) return told(data.change, move(data.previousStatus, data.status))
  if (data.standing) return told(move(data.previousState, data.state), move(data.previousStanding, data.standing))
  if (data.state) return told(move(data.previousState, data.state))
  if (data.accessRequest) return `${data.accessRequest.application.name} may call ${data.accessRequest.resource.name}`
  return `${data.invoice.number}, ${data.invoice.amountPaid.amount} ${data.invoice.amountPaid.currency}`
}

function told(...moves: Array<string | null>): string {
  return moves.filter((text) => text !== null).join(', ')
}

/** Null where it stayed. */
function move(from: string | null, to: string): string | null {
  return from === to ? null : `${from ?? '–'} → ${to}`
}
