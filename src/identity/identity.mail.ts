import { linkBelow, type Mail } from './mailer.js'

/** The texts of mails about a person's account. `base` is where the marketplace's web client lives. */
export function verificationMail(to: string, givenName: string, place: string, base: string, token: string): Mail {
  const link = linkBelow(base, 'verify-email', token)
  const text = `Hello ${givenName},

welcome to ${place}. Please confirm that this address is yours:

${link}

The link works for 24 hours. If you did not sign up, you need not do anything.
`
  return { to, subject: `Confirm your address for ${place}`, kind: 'verify-email', text, link, token }
}

export function passwordResetMail(to: string, givenName: string, place: string, base: string, token: string): Mail {
  const link = linkBelow(base, 'reset-password', token)
  const text = `Hello ${givenName},

somebody, probably you, asked for a new password for ${place}. Choose it here:

${link}

The link works for one hour, once. All your sessions end when you use it. If it was not you, ignore this mail:
your password stays as it is.
`
  return { to, subject: `A new password for ${place}`, kind: 'reset-password', text, link, token }
}
