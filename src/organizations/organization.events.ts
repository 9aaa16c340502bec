import { eventType } from '../events/event.js'

export const organizationStateChanged = eventType<{ state: string; previousState: string | null }>(
  'organization.state-changed',
)
export const memberJoined = eventType<{ userId: string }>('member.joined')
export const memberRemoved = eventType<{ userId: string }>('member.removed')
export const memberRolesChanged = eventType<{ userId: string }>('member.roles-changed')
