import { describe, expect, it } from '@jest/globals'
import { type DomainEvent, eventType } from '../../src/events/event.js'
import { jobsOf, type Reaction, type ReactionTable } from '../../src/events/jobs.js'

const sold = eventType<{ shop: string }>('thing.sold')
const audience = { providerId: 'prov', marketplaceId: null, organizationId: null }
const at = new Date('2026-01-31T10:00:00Z')
const event = (subject: string, shop: string) => sold.of(audience, subject, { shop }, at)
const shopOf = ({ data }: DomainEvent) => (data as { shop: string }).shop
const react = async () => undefined
const jobs = (reactions: Reaction[], ...events: DomainEvent[]) =>
  jobsOf(events, { 'thing.sold': reactions } satisfies ReactionTable)

describe('The jobs that follow from events', () => {
  it('are one for each event and reaction, with all that the event tells', () => {
    const [one, other] = [event('a', 'north'), event('b', 'north')]
    const table = [
      { name: 'wrap', react },
      { name: 'send', react },
    ]
    expect(jobs(table, one, other)).toEqual(
      [one, other].flatMap((each) =>
        ['react:wrap', 'react:send'].map((task) => ({ task, payload: { ...each, occurredAt: at.toISOString() } })),
      ),
    )
  })

  it('leave out what does not concern the reaction', () => {
    const wrap = { name: 'wrap', react, concerns: (each: DomainEvent) => shopOf(each) === 'south' }
    expect(jobs([wrap], event('a', 'north'), event('b', 'south'))).toMatchObject([{ payload: { subjectId: 'b' } }])
  })

  it('are one for all that are about the same, in one order whatever the order of the events', () => {
    const restock = { name: 'restock', react, about: shopOf }
    const [north, south] = [event('a', 'north'), event('b', 'south')]
    const keys = ['react:restock north', 'react:restock south']
    const told = (...events: DomainEvent[]) => jobs([restock], ...events).map(({ key, queue }) => [key, queue])
    expect(told(north, south, event('c', 'north'))).toEqual(keys.map((key) => [key, key]))
    expect(told(south, north)).toEqual(keys.map((key) => [key, key]))
  })

  it('of something that nobody reacts to are none', () => {
    expect(jobsOf([event('a', 'north')], {})).toEqual([])
  })
})
