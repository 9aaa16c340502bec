import { describe, expect, it } from '@jest/globals'
import { passwordResetMail, verificationMail } from '../../src/identity/identity.mail.js'
import { linkBelow } from '../../src/identity/mailer.js'
import { invitationMail } from '../../src/organizations/organization.mail.js'
import { providerInvitationMail } from '../../src/providers/provider.mail.js'

const base = 'https://harbour.example/'
const token = 'mit_abc-DEF_123'

const mails = {
  'verify-email': verificationMail('ada@acme.example', 'Ada', 'Harbour', base, token),
  'reset-password': passwordResetMail('ada@acme.example', 'Ada', 'Harbour', base, token),
  invitation: invitationMail({ to: 'ada@acme.example', organization: 'Acme', marketplace: 'Harbour', base, token }),
  'provider-invitation': providerInvitationMail('ada@acme.example', 'Northwind', base, token),
}

describe('a mail', () => {
  it.each(Object.entries(mails))('of the kind %s has its link in the text, once', (kind, mail) => {
    expect(mail).toMatchObject({ to: 'ada@acme.example', kind, token })
    expect(mail.link).toMatch(new RegExp(`/${token}$`))
    expect(mail.text.split(mail.link as string)).toHaveLength(2)
    expect(mail.subject).not.toMatch(/[\r\n]/)
    expect(mail.subject).not.toContain(token)
  })

  it('leads where the web clients have their pages', () => {
    expect(mails['verify-email'].link).toBe('https://harbour.example/verify-email/mit_abc-DEF_123')
    expect(mails['reset-password'].link).toBe('https://harbour.example/reset-password/mit_abc-DEF_123')
    expect(mails.invitation.link).toBe('https://harbour.example/invitations/mit_abc-DEF_123')
    expect(mails['provider-invitation'].link).toBe('https://harbour.example/invitations/mit_abc-DEF_123')
  })

  it('says who invites whom to what', () => {
    expect(mails.invitation.text).toContain('join Acme on Harbour')
    expect(mails['provider-invitation'].text).toContain('work for Northwind')
  })
})

describe('a link', () => {
  it.each([
    ['https://harbour.example', 'https://harbour.example/invitations/t'],
    ['https://harbour.example/', 'https://harbour.example/invitations/t'],
    ['https://example.com/shop', 'https://example.com/shop/invitations/t'],
    ['https://example.com/shop//', 'https://example.com/shop/invitations/t'],
    ['https://example.com/shop/?from=mail#top', 'https://example.com/shop/invitations/t'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000/invitations/t'],
  ])('below %s is %s', (address, link) => {
    expect(linkBelow(address, 'invitations', 't')).toBe(link)
  })
})
