import type { PolicyDef } from '@mikro-orm/core'

/*
 * The second fence: what PostgreSQL itself lets each scope see and write, table by table. It says the same as the first
 * one (`visible` of each repository, and the `*.fence.ts`), in its own words and without trusting it. Who is asking is
 * told with each transaction (`fence-settings.ts`); a connection that was told nothing sees no row and writes none.
 */

/** What a table declares: `...fencedByProvider()` in its `defineEntity`. */
export interface Fenced {
  policies: PolicyDef[]
  /** Binds the tables' owner too. */
  rowLevelSecurity: 'force'
}

/** By kind of scope, the condition under which a row is its own to see or to write; a kind left out has none of them. */
interface Kinds {
  provider?: string
  consumer?: string
  gateway?: string
  anonymous?: string
}

// Evaluated once in each statement, not for each row.
const setting = (name: string) => `(select current_setting('fence.${name}', true))`
const idsIn = (name: string) => `any ((select string_to_array(current_setting('fence.${name}', true), ','))::text[])`

const ofOwnProvider = `provider_id = ${idsIn('providers')}`
const inOwnMarketplace = `marketplace_id = ${setting('marketplace')}`
const ofAdministered = `${inOwnMarketplace} and organization_id = ${idsIn('administered')}`
const ofOwnGateway = `${ofOwnProvider} and ${inOwnMarketplace}`

/** The backend itself, in jobs and webhooks, sees and writes all: its tenant comes from our own rows. */
function when({ provider, consumer, gateway, anonymous }: Kinds): string {
  const kinds = Object.entries({ provider, consumer, gateway, anonymous })
  const own = kinds.flatMap(([kind, condition]) => (condition ? [`when '${kind}' then ${condition}`] : []))
  return `case ${setting('kind')} when 'system' then true ${own.join(' ')} else false end`
}

/** @param changed what may be written, where that is less than what is seen */
function fence(seen: Kinds, changed: Kinds = seen): Fenced {
  const check = when(changed)
  const policies: PolicyDef[] = [{ name: 'fence', using: when(seen), check }]
  // What is written must pass the check; what is deleted has nothing to be checked but what was seen.
  if (changed !== seen) policies.push({ name: 'fence_deletion', type: 'restrictive', command: 'delete', using: check })
  return { policies, rowLevelSecurity: 'force' }
}

/** For the backend's own memory, that nobody is shown. */
export function systemOnly(): Fenced {
  return fence({})
}

/** For what is nobody's, such as counters: seen and written by every connection. */
export function ofNobody(): Fenced {
  return { policies: [{ name: 'fence', using: 'true', check: 'true' }], rowLevelSecurity: 'force' }
}

/** A provider's own side. */
export function fencedByProvider(): Fenced {
  return fence({ provider: ofOwnProvider })
}

/** What only those see who run a provider's marketplaces, its administrators among them; written with it, too. */
export function fencedByManagers(): Fenced {
  return fence({ provider: `provider_id = ${idsIn('managed')}` })
}

/** What a provider's people write, and the consumers and gateways of its marketplaces read. */
export function fencedByProviderAndItsConsumers(): Fenced {
  return fence(
    { provider: ofOwnProvider, consumer: ofOwnProvider, gateway: ofOwnProvider },
    { provider: ofOwnProvider },
  )
}

/** What an organization owns. The provider's people have it too, and the gateways of the marketplace. */
export function fencedByOrganization(organizationColumn = 'organization_id'): Fenced {
  return fence({ provider: ofOwnProvider, consumer: ofOwnOrganization(organizationColumn), gateway: ofOwnGateway })
}

/** The same, without the gateways. */
export function fencedByOrganizationsPeople(): Fenced {
  return fence({ provider: ofOwnProvider, consumer: ofOwnOrganization('organization_id') })
}

/** An organization's keys. Gateways see those that are presented to them, and write none. */
export function fencedByOrganizationAndPresented(): Fenced {
  const own = { provider: ofOwnProvider, consumer: ofOwnOrganization('organization_id') }
  return fence({ ...own, gateway: `${ofOwnGateway} and public_id = ${idsIn('presented')}` }, own)
}

/** An organization's, of whose people only those see and write it who have the role. */
export function fencedByOrganizationsAdministrators(): Fenced {
  return fence({ provider: ofOwnProvider, consumer: ofAdministered })
}

/** What an organization is to its provider's payments. Its people see it, and nobody on its side writes it. */
export function fencedByCustomer(): Fenced {
  return fence(
    { provider: ofOwnProvider, consumer: `organization_id = ${idsIn('organizations')}` },
    { provider: ofOwnProvider },
  )
}

/** What an organization is billed: its people but developers see it, and nobody on its side writes it. */
export function fencedByPayers(): Fenced {
  return fence(
    { provider: ofOwnProvider, consumer: `${inOwnMarketplace} and organization_id = ${idsIn('billed')}` },
    { provider: ofOwnProvider },
  )
}

/** What the backend writes down of what anybody does; an organization's administrators read their own part. */
export function writtenDown(): Fenced {
  return fence({ provider: ofOwnProvider, consumer: ofAdministered }, {})
}

/** What the backend keeps of a person, who sees it. */
export function shownToUser(column: string): Fenced {
  const own = `${column} = ${setting('user')}`
  return fence({ provider: own, consumer: own }, {})
}

/** What belongs to a person, or to a gateway's token. */
export function fencedByUser(column: string): Fenced {
  const own = `${column} = ${setting('user')}`
  return fence({ provider: own, consumer: own, gateway: own })
}

/** Seen by an organization's people like the row that it belongs to, of which the condition says that they see it. */
export function fencedLike(owner: string): Fenced {
  return fence({ provider: ofOwnProvider, consumer: owner }, { provider: ofOwnProvider })
}

/** The same; gateways see and write it too. */
export function countedByGateways(owner: string): Fenced {
  const byGateways = { provider: ofOwnProvider, gateway: `${ofOwnProvider} and ${owner}` }
  return fence({ ...byGateways, consumer: owner }, byGateways)
}

/**
 * What is on sale: the provider's people have all of theirs; consumers, and strangers where nobody has signed in, see
 * what meets the condition; gateways what their provider has.
 */
export function fencedOnSale(condition: string): Fenced {
  return fence(
    {
      provider: ofOwnProvider,
      consumer: `${ofOwnProvider} and ${condition}`,
      gateway: ofOwnProvider,
      anonymous: condition,
    },
    { provider: ofOwnProvider },
  )
}

/** A marketplace's front: everybody sees it, a gateway only its own, and the provider's people write it. */
export function fencedFront(): Fenced {
  const gateway = `id = ${setting('marketplace')}`
  return fence({ provider: 'true', consumer: 'true', gateway, anonymous: 'true' }, { provider: ofOwnProvider })
}

/** What everybody sees who sees what it is about, of which the condition says whether that is so. */
export function fencedWithSubject(condition: string): Fenced {
  return fence(
    {
      provider: `(${ofOwnProvider} or ${condition})`,
      consumer: condition,
      gateway: ofOwnProvider,
      anonymous: condition,
    },
    { provider: ofOwnProvider },
  )
}

/** What a person has done, on whose behalf ever: seen and written by the person and the provider's people. */
export function fencedByPerson(): Fenced {
  return fence({ provider: ofOwnProvider, consumer: `${ofOwnProvider} and user_id = ${setting('user')}` })
}

/** The provider itself. */
export function fencedProvider(): Fenced {
  return fence({ provider: `id = ${idsIn('providers')}` })
}

function ofOwnOrganization(column: string): string {
  return `${inOwnMarketplace} and ${column} = ${idsIn('organizations')}`
}
