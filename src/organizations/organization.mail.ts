import { linkBelow, type Mail } from '../identity/mailer.js'

export interface InvitationMail {
  to: string
  organization: string
  marketplace: string
  /** Where the marketplace's web client lives. */
  base: string
  token: string
}

export function invitationMail({ to, organization, marketplace, base, token }: InvitationMail): Mail {
  const link = linkBelow(base, 'invitations', token)
  const text = `Hello,

you are invited to join ${organization} on ${marketplace}:

${link}

The link works for 7 days, once.
`
  return { to, subject: `You are invited to ${organization}`, kind: 'invitation', text, link, token }
}
