import { Refused } from '../kernel/result.js'
import { type ConsumerRole, type ProviderRole, person, type Scope } from './tenant-scope.js'

/** Ties to an object that no role says, and that only rows can settle. */
export type Tie =
  | 'is offered it'
  | 'has subscribed to it'
  | 'may use it'
  | 'may look inside'
  | 'buys from its provider'
  | 'is that person'
  | 'sees a membership of that person'

/**
 * Whom something is for: whoever fits one of the lines. Services demand it and the schema declares it, so that both
 * name the same roles. Administrators have every role.
 */
export interface Audience {
  /** Everybody, whether anybody is signed in or not. */
  readonly anyone?: true
  /** Everybody who is signed in. */
  readonly person?: true
  /** People of the provider that it belongs to. */
  readonly provider?: readonly ProviderRole[] | 'every role'
  /** Members of the consumer organization that it belongs to. */
  readonly consumer?: readonly ConsumerRole[] | 'every role'
  /** The same, where it is about a free plan and takes less. */
  readonly consumerOfFreePlan?: readonly ConsumerRole[]
  /** Gateways of the marketplace that it belongs to. */
  readonly gateway?: true
  readonly ties?: readonly Tie[]
  /** An exception for people to read, which the service makes. */
  readonly remark?: string
}

/** Whose something is, as far as it belongs to somebody. A row says it of itself. */
export interface Owned {
  readonly providerId: string
  readonly organizationId?: string | null
}

/** Whether the scope is in the audience by its roles. Ties are for whoever knows the rows. */
export function admits(scope: Scope, audience: Audience, { providerId, organizationId }: Owned): boolean {
  switch (scope.kind) {
    case 'system':
      return true
    case 'provider':
      return audience.person === true || holds(scope.providers.get(providerId), audience.provider)
    case 'consumer':
      return (
        audience.person === true ||
        (!!organizationId && holds(scope.organizations.get(organizationId), audience.consumer))
      )
    default:
      return false
  }
}

/**
 * For an object that the viewer is known to see: refuses those who lack the role.
 * @throws RequestError UNAUTHENTICATED for nobody; Refused NOT_ALLOWED for people without the role.
 */
export function demand(scope: Scope, audience: Audience, owned: Owned): void {
  if (admits(scope, audience, owned)) return
  const { kind } = person(scope)
  const roles = (kind === 'consumer' && audience.consumer) || audience.provider || audience.consumer || []
  const needed = [...new Set(['ADMINISTRATOR', ...roles])].join(' or ')
  throw new Refused([{ code: 'NOT_ALLOWED', message: `This takes the role ${needed}.`, field: null }])
}

/** The scope with only those places in it where its roles are in the audience. */
export function placesOf<Narrowed extends Scope>(scope: Narrowed, audience: Audience): Narrowed {
  if (scope.kind === 'provider') {
    return { ...scope, providers: new Map([...scope.providers].filter(([, held]) => holds(held, audience.provider))) }
  }
  if (scope.kind === 'consumer') {
    const organizations = [...scope.organizations].filter(([, held]) => holds(held, audience.consumer))
    return { ...scope, organizations: new Map(organizations) }
  }
  return scope
}

function holds(held: readonly string[] | undefined, wanted: readonly string[] | 'every role' | undefined): boolean {
  if (!held || !wanted) return false
  return wanted === 'every role' || held.includes('ADMINISTRATOR') || held.some((role) => wanted.includes(role))
}
