import { eventType } from '../events/event.js'

export const providerMemberJoined = eventType<{ userId: string }>('provider-member.joined')
export const providerMemberRemoved = eventType<{ userId: string }>('provider-member.removed')
export const providerMemberRolesChanged = eventType<{ userId: string }>('provider-member.roles-changed')
