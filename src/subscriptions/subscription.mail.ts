import { instantText } from '../kernel/instant.js'
import type { Letter } from '../organizations/notices.js'
import type { SubscriptionNames } from './subscription-names.js'

/** Texts about a subscription that may be read by anybody in the organization, developers included: without amounts. */
export function requestedMail({ organization, marketplace, product, plan }: SubscriptionNames): Letter {
  const text = `Hello,

${organization} would like to subscribe to ${product}, plan ${plan}, on ${marketplace}. It waits for your approval: please
approve or reject it.
`
  return {
    kind: 'subscription-requested',
    subject: `${organization} waits for approval of ${product}`,
    text,
    link: null,
  }
}

export function approvedMail(names: SubscriptionNames, reason: string | null): Letter {
  const { organization, marketplace, product, plan } = names
  const text = `Hello,

the subscription of ${organization} to ${product}, plan ${plan}, on ${marketplace} is approved.${because(reason)}
`
  return { kind: 'subscription-approved', subject: `${product}: your subscription is approved`, text, link: null }
}

export function rejectedMail(names: SubscriptionNames, reason: string | null): Letter {
  const { organization, marketplace, product, plan } = names
  const text = `Hello,

the subscription of ${organization} to ${product}, plan ${plan}, on ${marketplace} was rejected.${because(reason)}

You may subscribe again.
`
  return { kind: 'subscription-rejected', subject: `${product}: your subscription was rejected`, text, link: null }
}

/** @param canceled by somebody; else its term is over */
export function endsMail(names: SubscriptionNames, endsAt: Date, canceled: boolean): Letter {
  const { organization, marketplace, product, plan, timeZone } = names
  const why = canceled ? 'It was cancelled; until then that can be taken back.' : 'Its term is over then.'
  const text = `Hello,

the subscription of ${organization} to ${product}, plan ${plan}, on ${marketplace} ends on
${instantText(endsAt, timeZone)}. ${why}

Access to its APIs closes with it. What was used until then may still be invoiced.
`
  return { kind: 'subscription-ends', subject: `${product}: your subscription ends soon`, text, link: null }
}

export function endedMail(names: SubscriptionNames, endedAt: Date, reason: string | null): Letter {
  const { organization, marketplace, product, plan, timeZone } = names
  const text = `Hello,

the subscription of ${organization} to ${product}, plan ${plan}, on ${marketplace} ended on
${instantText(endedAt, timeZone)}, and access to its APIs is closed.${because(reason)}

What was used until then may still be invoiced, and what is owed stays owed. You may subscribe again.
`
  return { kind: 'subscription-ended', subject: `${product}: your subscription has ended`, text, link: null }
}

/** A reason that a person gave, in the line of the mail's own words. */
export function because(reason: string | null): string {
  return reason ? `\n\nThe reason given: ${reason.trim().replace(/\s+/g, ' ')}` : ''
}
