import type { Backend } from './backend.js'
import { type CreateMarketplaceInput, UpdateConsumerOrganizationDocument } from './generated/graphql.js'
import type { WrittenMail } from './mailbox.js'
import { givenMember } from './people.js'
import { givenBilling, givenMarketplace, givenOrganization, mark } from './world.js'

/** An organization that has its bills sent elsewhere, with somebody who buys and somebody who does not. */
export async function givenAddressees(
  backend: Backend,
  about: Partial<CreateMarketplaceInput> = {},
  apiVersion?: string,
) {
  const market = await givenMarketplace(backend, about)
  await givenBilling(market, apiVersion)
  const acme = await givenOrganization(market)
  const bills = `bills-${mark()}@acme.example`
  await acme.consumer.mutate(UpdateConsumerOrganizationDocument, { organizationId: acme.id, billingEmail: bills })
  const buyer = await givenMember(backend, acme.consumer, acme.id, ['SUBSCRIBER'])
  const developer = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
  return { market, acme, bills, buyer, developer }
}

/** What came to an address of its own accord, which leaves invitations out; the oldest first. */
export async function noticesTo(backend: Backend, address: string): Promise<WrittenMail[]> {
  const all = await backend.mails.all()
  return all.filter(({ to, token }) => to === address && token === null)
}

export async function kindsTo(backend: Backend, address: string): Promise<string[]> {
  return (await noticesTo(backend, address)).map(({ kind }) => kind)
}

const secrets = /apk_|apc_|rk_(test|live)|sk_(test|live)|whsec_|gwt_/

/** Whatever was told of its own accord, by anybody in the story, and should not have been. */
export async function secretsMailed(backend: Backend): Promise<string[]> {
  const told = (await backend.mails.all()).filter(({ token }) => token === null)
  return told.map(({ subject, text }) => `${subject}\n${text}`).filter((text) => secrets.test(text))
}
