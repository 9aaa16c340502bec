import { inc, rcompare, valid } from 'semver'
import { defineLifecycle, refusal } from '../kernel/lifecycle.js'
import { ok, type Result, refuse } from '../kernel/result.js'
import type { AssetState } from './asset.entity.js'

export const releaseTypes = ['MAJOR', 'MINOR', 'PATCH'] as const
export type ReleaseType = (typeof releaseTypes)[number]

export type AssetStep = 'release' | 'activate' | 'deprecate' | 'archive'

const unreleased = refusal('WRONG_STATE', 'The asset is a draft: release it first.')
const deprecated = refusal('WRONG_STATE', 'The asset is deprecated: make it ACTIVE again before you release it.')
const inUse = refusal('WRONG_STATE', 'The asset is active: deprecate it before you archive it.')
const archived = refusal('WRONG_STATE', 'The asset is archived for good.')

/** `release` makes a release each time; only the first one changes the state. */
export const assetLifecycle = defineLifecycle<AssetState, AssetStep>({
  initial: 'DRAFT',
  final: ['ARCHIVED'],
  table: {
    DRAFT: { release: 'ACTIVE', activate: unreleased, deprecate: unreleased, archive: unreleased },
    ACTIVE: { release: 'no-op', activate: 'no-op', deprecate: 'DEPRECATED', archive: inUse },
    DEPRECATED: { release: deprecated, activate: 'ACTIVE', deprecate: 'no-op', archive: 'ARCHIVED' },
    ARCHIVED: { release: archived, activate: archived, deprecate: archived, archive: 'no-op' },
  },
})

const stepTo: Record<AssetState, AssetStep | null> = {
  DRAFT: null,
  ACTIVE: 'activate',
  DEPRECATED: 'deprecate',
  ARCHIVED: 'archive',
}

/** The step that leads to the state that was asked for. */
export function assetStepTo(state: AssetState): Result<AssetStep> {
  const step = stepTo[state]
  return step
    ? ok(step)
    : refuse('WRONG_STATE', 'An asset is a draft only until its first release.', ['input', 'state'])
}

/** The release after those that there are: the first is 1.0.0, whatever its type. */
export function nextRelease(versions: readonly string[], type: ReleaseType): string {
  const newest = newestOf(versions)
  return (newest && inc(newest, type === 'MAJOR' ? 'major' : type === 'MINOR' ? 'minor' : 'patch')) ?? '1.0.0'
}

/** The newest of the releases; null when there is none. */
export function newestOf(versions: readonly string[]): string | null {
  return [...versions].filter((version) => valid(version)).sort(rcompare)[0] ?? null
}

const longestBasePath = 500
const mostSegments = 32
// What a path may hold unencoded, without the semicolon: servers take what follows one for something else.
const segmentForm = /^[A-Za-z0-9._~!$&'()*+,=:@-]+$/

/**
 * Where an API is served, as it is stored and matched: an absolute path of whole segments without a slash at its
 * end. Gateways resolve encodings and dots before they match, so a base path has neither.
 */
export function acceptableBasePath(given: string, field: string[]): Result<string> {
  const path = given.trim()
  const wrong = (message: string) => refuse('INVALID', message, field)
  if (!path.startsWith('/')) return wrong('A base path starts with a slash, such as /payments/v1.')
  if (path.length > longestBasePath) return wrong(`A base path has at most ${longestBasePath} characters.`)
  if (/[?#]/.test(path)) return wrong('A base path has neither a query nor a fragment.')
  if (path.includes('%')) return wrong('A base path is written without percent-encodings.')
  if (/[{}]/.test(path)) return wrong('A base path has no placeholders: it is the part that all calls share.')
  if (path === '/') return ok(path)
  const segments = path.replace(/\/$/, '').slice(1).split('/')
  if (segments.some((segment) => segment === '')) return wrong('A base path has one slash between its segments.')
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    return wrong('A base path has no . or .. segments.')
  }
  if (segments.length > mostSegments) return wrong(`A base path has at most ${mostSegments} segments.`)
  if (!segments.every((segment) => segmentForm.test(segment))) {
    return wrong("A segment of a base path is made of letters, digits and any of - . _ ~ ! $ & ' ( ) * + , = : @.")
  }
  return ok(`/${segments.join('/')}`)
}
