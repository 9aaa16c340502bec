import { linkBelow, type Mail } from '../identity/mailer.js'

/** @param base where the link leads: the provider's side has no marketplace, so it is this backend's own address */
export function providerInvitationMail(to: string, provider: string, base: string, token: string): Mail {
  const link = linkBelow(base, 'invitations', token)
  const text = `Hello,

you are invited to work for ${provider}: its API products, marketplaces and customers.

${link}

The link works for 7 days, once.
`
  return { to, subject: `You are invited to ${provider}`, kind: 'provider-invitation', text, link, token }
}
