import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { enumObject } from '../graphql/enum.js'
import { For, withItsObject } from '../graphql/policy.js'
import { type AccessBlockCode, accessBlockCodes } from './access-facts.js'

export const AccessBlockCodeEnum = enumObject(accessBlockCodes)
registerEnumType(AccessBlockCodeEnum, {
  name: 'AccessBlockCode',
  description: 'Why access is closed. The list may grow: have a default branch.',
  valuesConfig: {
    CREDENTIAL_UNKNOWN: { description: 'There is no such key in this marketplace.' },
    CREDENTIAL_SUSPENDED: { description: 'The key is suspended: it works again when it is enabled.' },
    CREDENTIAL_EXPIRED: { description: 'The key has expired: a new one is needed.' },
    CREDENTIAL_REVOKED: { description: 'The key was revoked for good: a new one is needed.' },
    ORGANIZATION_DISABLED: { description: 'The organization is not active: the provider can enable it.' },
    PRODUCT_ARCHIVED: { description: 'The product is not served any more.' },
    RESOURCE_UNKNOWN: { description: 'No API is served at this address, or it cannot be told which.' },
    RESOURCE_NOT_IN_PLAN: { description: 'No quota of the plan covers the API: another plan may.' },
    NO_ACCESS_REQUEST: { description: 'The application has not asked for access to this API.' },
    ACCESS_NOT_APPROVED: { description: 'The request waits for a person, or was denied.' },
    ACCESS_REVOKED: { description: 'Access was revoked: it may be asked for again.' },
    SUBSCRIPTION_NOT_APPROVED: { description: 'The subscription waits for a person, or was rejected.' },
    SUBSCRIPTION_ENDED: { description: 'The subscription was canceled or has expired: a new one is needed.' },
    SUSPENDED_BY_PROVIDER: { description: 'The provider has suspended the subscription, and can resume it.' },
    FIRST_INVOICE_UNPAID: { description: 'Access opens when the first invoice is paid.' },
    INVOICE_PAST_DUE: { description: 'An invoice is past due and past grace: paying it opens access again.' },
    QUOTA_EXCEEDED: { description: 'A STRICT limit is reached, until the next interval or with another plan.' },
  },
})

@For(withItsObject)
@ObjectType('AccessBlock', { description: 'One reason why access is closed, and what would open it.' })
export class AccessBlockType {
  invoiceId!: string | null

  @Field(() => AccessBlockCodeEnum, { description: 'Which reason.' })
  code!: AccessBlockCode

  @Field(() => String, { description: 'The same as a whole sentence for people, with what would remove it.' })
  message!: string
}

@For(withItsObject)
@ObjectType('AccessDecision', { description: 'May this credential call this resource now?' })
export class AccessDecisionType {
  resourceId!: string | null
  applicationId!: string | null
  subscriptionId!: string | null
  quotaId!: string | null

  @Field(() => Boolean, { description: 'Whether the call may pass.' })
  allowed!: boolean

  @Field(() => [AccessBlockType], { description: 'All of them, not only the first; empty when allowed.' })
  reasons!: AccessBlockType[]
}
