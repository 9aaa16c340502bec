import { beforeEach, describe, expect, test } from '@jest/globals'
import type { LoggedEvent } from '../../src/events/event-log.js'
import { Outbox } from '../../src/http/outbox.js'
import { eventsThatChangeRights, Sockets } from '../../src/http/sockets.js'
import { RequestError } from '../../src/kernel/request-error.js'
import type { ConsumerRole, Scope } from '../../src/persistence/tenant-scope.js'

const rights = (organizations: Record<string, ConsumerRole[]>): Scope => ({
  kind: 'consumer',
  userId: 'usr_ada',
  sessionId: 'ses_ada',
  providerId: 'prov_one',
  marketplaceId: 'mkt_one',
  organizations: new Map(Object.entries(organizations)),
})
const developer = rights({ org_acme: ['DEVELOPER'] })

const heard = (name: string, data: object, subjectId = 'mem_ada') =>
  ({ name, data, subjectId }) as unknown as LoggedEvent
const removed = heard('member.removed', { userId: 'usr_ada' })

/** What the database says when it is asked; the test says when. */
class Answers {
  asked = 0
  readonly #waiting: Array<{ resolve(scope: { scope: Scope }): void; reject(error: unknown): void }> = []

  readonly scopeOf = (): Promise<{ scope: Scope }> => {
    this.asked += 1
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  async answer(scope: Scope | Error): Promise<void> {
    const asked = this.#waiting.shift()
    if (scope instanceof Error) asked?.reject(scope)
    else asked?.resolve({ scope })
    await settled()
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** As much of a websocket as an outbox needs. */
class Wire {
  readonly OPEN = 1
  readyState: 0 | 1 | 2 | 3 = 1
  bufferedAmount = 0
  readonly sent: string[] = []
  closed: number | null = null

  send(frame: string): void {
    this.sent.push(frame)
  }

  close(code: number): void {
    this.closed ??= code
    this.readyState = 2
  }
}

let answers: Answers
let sockets: Sockets
beforeEach(() => {
  answers = new Answers()
  sockets = new Sockets(answers.scopeOf)
})

function opened(scope: Scope = developer, since = sockets.changes) {
  const wire = new Wire()
  const outbox = new Outbox(wire)
  const forget = sockets.add({ accessToken: 'mat_ada', scope, outbox, close: (code) => wire.close(code) }, since)
  return { wire, outbox, forget }
}

describe('while it is looked whether the rights still hold', () => {
  test('nothing goes out; all of it does, in order, when they do', async () => {
    const { wire, outbox } = opened()
    outbox.push('before')
    sockets.heard(removed)
    outbox.push('first')
    outbox.push('second')
    expect(wire.sent).toEqual(['before'])
    await answers.answer(developer)
    outbox.push('third')
    expect(wire).toMatchObject({ sent: ['before', 'first', 'second', 'third'], closed: null })
  })

  test('nothing goes out, and never does when they have ended or are others', async () => {
    const ended = new RequestError('UNAUTHENTICATED', 'Your session has ended. Sign in again.')
    for (const [answer, code] of [
      [ended, 4401],
      [rights({ org_bell: ['DEVELOPER'] }), 4403],
      [rights({ org_acme: ['DEVELOPER', 'SUBSCRIBER'] }), 4403],
      [new Error('the database does not answer'), 1012],
    ] as const) {
      const { wire, outbox, forget } = opened()
      sockets.heard(removed)
      outbox.push('what is not theirs to know')
      await answers.answer(answer)
      outbox.push('what comes later')
      expect(wire).toMatchObject({ sent: [], closed: code })
      forget()
    }
  })

  test('by several at once, the last of them decides', async () => {
    const { wire, outbox } = opened()
    sockets.heard(removed)
    sockets.heard(removed)
    outbox.push('frame')
    await answers.answer(developer)
    expect(wire.sent).toEqual([])
    await answers.answer(developer)
    expect(wire.sent).toEqual(['frame'])
  })

  test('whoever does not keep up is disconnected as ever', () => {
    const { wire, outbox } = opened()
    sockets.heard(removed)
    for (let frames = 0; frames < 3; frames += 1) outbox.push('x'.repeat(700_000))
    expect(wire).toMatchObject({ sent: [], closed: 1013 })
  })
})

describe('a change of rights', () => {
  test('concerns the person, the session or the organization that it names, and nobody else', async () => {
    const bystander = opened({ ...developer, userId: 'usr_bob', sessionId: 'ses_bob' } as Scope)
    bystander.forget()
    const { wire } = opened()
    for (const event of [
      heard('member.removed', { userId: 'usr_bob' }),
      heard('session.ended', { userId: 'usr_ada', sessionId: 'ses_another' }),
      heard('organization.state-changed', { state: 'DISABLED' }, 'org_bell'),
      heard('invoice.paid', { userId: 'usr_ada' }),
    ]) {
      sockets.heard(event)
    }
    expect(answers.asked).toBe(0)
    for (const name of eventsThatChangeRights) {
      const data =
        name === 'session.ended'
          ? { sessionId: 'ses_ada' }
          : name.startsWith('organization')
            ? {}
            : { userId: 'usr_ada' }
      const before = answers.asked
      sockets.heard(heard(name, data, name.startsWith('organization') ? 'org_acme' : 'mem_ada'))
      expect({ name, asked: answers.asked - before }).toEqual({ name, asked: 1 })
    }
    expect(wire.closed).toBeNull()
  })

  test('that is heard of while a socket opens is looked at once it is open', async () => {
    const since = sockets.changes
    sockets.heard(removed)
    expect(answers.asked).toBe(0)
    const { wire, outbox } = opened(developer, since)
    outbox.push('frame')
    await answers.answer(new RequestError('UNAUTHENTICATED', 'Your session has ended. Sign in again.'))
    expect(wire).toMatchObject({ sent: [], closed: 4401 })
  })
})
