import { newId } from '../../src/kernel/id.js'
import { administrator, type Backend } from './backend.js'
import type { Client } from './client.js'
import {
  AcceptInvitationDocument,
  AdvanceSandboxClockDocument,
  AuditLogDocument,
  type AuditLogQuery,
  type ConsumerRole,
  InviteMemberDocument,
  InviteProviderMemberDocument,
  MarketplaceOrganizationsDocument,
  OrganizationPeopleDocument,
  type ProviderRole,
  SandboxClockDocument,
  SignInDocument,
  SignUpDocument,
  type SignUpInput,
  ViewerDocument,
} from './generated/graphql.js'
import { second } from './story-clock.js'
import { type Market, mark, password } from './world.js'

export const newcomer = { givenName: 'Bob', familyName: 'Babbage', password }

export const newAddress = (name = 'bob'): string => `${name}-${mark()}@people.example`

export interface Person {
  readonly client: Client
  readonly email: string
  readonly userId: string
  readonly membershipId: string
}

/** Somebody new, invited by an administrator of the organization, who has come. */
export async function givenMember(
  backend: Backend,
  by: Client,
  organizationId: string,
  roles: ConsumerRole[],
  email = newAddress(),
): Promise<Person> {
  await by.mutate(InviteMemberDocument, { organizationId, email, roles })
  return arrived(backend, email)
}

/** Somebody new who works for the provider. */
export async function givenColleague(
  market: Pick<Market, 'backend' | 'provider' | 'providerId'>,
  roles: ProviderRole[],
  email = newAddress('col'),
): Promise<Person> {
  const { backend, provider, providerId } = market
  await provider.mutate(InviteProviderMemberDocument, { providerId, email, roles })
  return arrived(backend, email)
}

async function arrived(backend: Backend, email: string): Promise<Person> {
  const { token } = await backend.mails.next(email)
  const client = backend.client()
  const accepted = await client.mutate(AcceptInvitationDocument, { token: token as string, ...newcomer })
  client.take(accepted.tokens)
  const { id: membershipId } = accepted.membership ?? accepted.providerMembership
  return { client, email, userId: accepted.viewer.user.id, membershipId }
}

/** Somebody new who brings an organization of the own. */
export const comer = (marketplaceId: string, about: Partial<SignUpInput> = {}): SignUpInput => ({
  ...newcomer,
  email: newAddress('ada'),
  organizationName: `Acme ${mark()}`,
  marketplaceId,
  ...about,
})

export async function givenSignedUp(backend: Backend, marketplaceId: string, about: Partial<SignUpInput> = {}) {
  const input = comer(marketplaceId, about)
  const client = backend.client()
  const { tokens, organization, viewer } = await client.mutate(SignUpDocument, input)
  client.take(tokens)
  return { client, email: input.email, id: organization.id, organization, userId: viewer.user.id }
}

/** An invitation to the organization that waits to be accepted, and the token of its mail. */
export async function givenInvitation(
  backend: Backend,
  by: Client,
  organizationId: string,
  roles: ConsumerRole[] = ['DEVELOPER'],
) {
  const email = newAddress()
  const { invitation } = await by.mutate(InviteMemberDocument, { organizationId, email, roles })
  const { token } = await backend.mails.next(email)
  return { email, invitation, token: token as string }
}

/** An organization and its people, as the client sees them. @throws when it sees no such organization */
export async function peopleOfOrganization(client: Client, id: string) {
  const { consumerOrganization } = await client.query(OrganizationPeopleDocument, { id })
  if (!consumerOrganization) throw new Error('There is no such organization.')
  return consumerOrganization
}

export async function organizationsIn({ provider, slug }: Pick<Market, 'provider' | 'slug'>) {
  return (await provider.query(MarketplaceOrganizationsDocument, { slug })).marketplace?.consumerOrganizations
}

/** Why somebody cannot sign in; none when they can. */
export async function signInCodes(backend: Backend, email: string, marketplaceId: string | null, word = password) {
  const { data } = await backend.client().ask(SignInDocument, { input: { email, password: word, marketplaceId } })
  return data?.signIn.userErrors.map(({ code }) => code)
}

/** Another provider on the same backend, and its administrator. */
export async function givenRival(backend: Backend): Promise<{ provider: Client; providerId: string; email: string }> {
  const email = newAddress('rival')
  const { id: providerId } = await backend.app.features.createProvider({ name: 'Rival', email, password })
  const provider = backend.client()
  await provider.signIn(email, password)
  return { provider, providerId, email }
}

/** The same person on another device. */
export async function onAnotherDevice(backend: Backend, email: string, marketplaceId?: string): Promise<Client> {
  const client = backend.client()
  await client.signIn(email, password, marketplaceId)
  return client
}

/** An id of the same kind that nothing ever had. */
export function neverWas(id: string): string {
  return newId(id.split('_')[0] as Parameters<typeof newId>[0])
}

/** Whether the client is told that its session has ended, even where nobody needs to be signed in. */
export async function isSignedOut(client: Client): Promise<boolean> {
  const { status, data, errors } = await client.ask(ViewerDocument)
  if (status === 200 && data?.viewer) return false
  const [code] = errors.map(({ extensions }) => extensions?.code)
  if (status === 401 && data === null && code === 'UNAUTHENTICATED') return true
  throw new Error(`Neither signed in nor out: ${status} ${JSON.stringify({ data, errors })}`)
}

/** Resolves when all jobs are done, mails included, as a person would wait for it: by moving time to where it is. */
export async function allWorkRests(backend: Backend): Promise<void> {
  const provider = backend.client()
  await provider.signIn(administrator.email, administrator.password)
  const { sandboxClock } = await provider.query(SandboxClockDocument)
  const soon = new Date(sandboxClock as string).getTime() + second
  await provider.mutate(AdvanceSandboxClockDocument, { to: new Date(soon).toISOString() })
}

/** The provider's audit log, oldest first. */
export async function auditLogOf({ provider, providerId }: Pick<Market, 'provider' | 'providerId'>) {
  const entries = []
  let after: string | null = null
  do {
    const { node }: AuditLogQuery = await provider.query(AuditLogDocument, { providerId, first: 100, after })
    if (!node || !('auditLog' in node)) throw new Error('There is no such provider.')
    entries.push(...node.auditLog.nodes)
    after = node.auditLog.pageInfo.hasNextPage ? (node.auditLog.pageInfo.endCursor ?? null) : null
  } while (after)
  return entries.reverse()
}
