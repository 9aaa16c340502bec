import type { Audience } from './audience.js'

// What the roles are for, on a page. Services demand these and fields declare them; administrators may all of it.

// The provider's people.
export const worksForProvider = { provider: 'every role' } as const satisfies Audience
export const administersProvider = { provider: ['ADMINISTRATOR'] } as const satisfies Audience
export const managesMarketplaces = { provider: ['MARKETPLACE_MANAGER'] } as const satisfies Audience
export const managesCatalog = { provider: ['CATALOG_MANAGER'] } as const satisfies Audience
export const decidesSubscriptions = {
  provider: ['SUBSCRIPTION_APPROVER', 'MARKETPLACE_MANAGER'],
} as const satisfies Audience
export const decidesAccess = { provider: ['ACCESS_MANAGER'] } as const satisfies Audience

// The consumer organization's people.
export const develops = { consumer: ['DEVELOPER'] } as const satisfies Audience

// Both sides.
export const seesOrganization = { provider: 'every role', consumer: 'every role' } as const satisfies Audience
export const administersOrganization = {
  provider: ['MARKETPLACE_MANAGER'],
  consumer: ['ADMINISTRATOR'],
} as const satisfies Audience
/** Invitations are of two kinds, and one mutation takes either. */
export const administersInvited = {
  ...administersOrganization,
  remark: 'An invitation to a provider: its administrators alone.',
} as const satisfies Audience
/** What was done in an organization, and who is invited to it, its other members are not shown. */
export const seesAdministration = { provider: 'every role', consumer: ['ADMINISTRATOR'] } as const satisfies Audience
/** Developers see no invoice, and nothing that says what is on one. */
export const seesInvoices = { provider: 'every role', consumer: ['SUBSCRIBER'] } as const satisfies Audience
export const endsAccess = { provider: ['ACCESS_MANAGER'], consumer: ['DEVELOPER'] } as const satisfies Audience

/** What is on sale: to its provider's people and its gateways all of it, on sale or not. */
export const seesOffered = {
  ...worksForProvider,
  gateway: true,
  ties: ['is offered it', 'has subscribed to it'],
} as const satisfies Audience
