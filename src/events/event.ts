import { newId } from '../kernel/id.js'

/** Whose event it is; null where it concerns no marketplace or organization in particular. */
export interface Audience {
  providerId: string
  marketplaceId: string | null
  organizationId: string | null
}

/** What happened, told by names and ids alone: whoever hears of it reads what it needs as it is then. */
export interface DomainEvent<Data extends object = object> extends Audience {
  id: string
  name: string
  /** The id of what it happened to. */
  subjectId: string
  data: Data
  /** By the clock of billing. */
  occurredAt: Date
}

export interface EventType<Data extends object> {
  readonly name: string
  of(audience: Audience, subjectId: string, data: Data, occurredAt: Date): DomainEvent<Data>
}

/** @param name what happened, in the past tense: `invoice.paid` */
export function eventType<Data extends object>(name: string): EventType<Data> {
  return {
    name,
    of: ({ providerId, marketplaceId, organizationId }, subjectId, data, occurredAt) => ({
      id: newId('evt'),
      name,
      providerId,
      marketplaceId,
      organizationId,
      subjectId,
      data,
      occurredAt,
    }),
  }
}
