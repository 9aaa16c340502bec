import { rcompare } from 'semver'
import { defineLifecycle, refusal } from '../kernel/lifecycle.js'
import { ok, type Result, refuse } from '../kernel/result.js'
import type { ProductState } from './product.entity.js'

export type ProductStep = 'activate' | 'deprecate' | 'archive'

const draft = refusal('WRONG_STATE', 'The product is a draft: activate it first.')
const active = refusal('WRONG_STATE', 'The product is active: deprecate it before you archive it.')
const deprecated = refusal('WRONG_STATE', 'The product is deprecated and has no further releases.')
const archived = refusal('WRONG_STATE', 'The product is archived for good.')

/** `activate` makes a release each time; only the first one changes the state. */
export const productLifecycle = defineLifecycle<ProductState, ProductStep>({
  initial: 'DRAFT',
  final: ['ARCHIVED'],
  table: {
    DRAFT: { activate: 'ACTIVE', deprecate: draft, archive: draft },
    ACTIVE: { activate: 'no-op', deprecate: 'DEPRECATED', archive: active },
    DEPRECATED: { activate: deprecated, deprecate: 'no-op', archive: 'ARCHIVED' },
    ARCHIVED: { activate: archived, deprecate: archived, archive: 'no-op' },
  },
})

const number = '(0|[1-9]\\d{0,8})'
const rangeForm = new RegExp(`^(\\*|${number}\\.\\*|${number}\\.${number}\\.\\*|${number}\\.${number}\\.${number})$`)

/** Which releases of an asset a product takes: 1.0.1, 1.2.*, 1.* or *. */
export function acceptableRange(given: string, field: string[]): Result<string> {
  const range = given.trim()
  if (rangeForm.test(range)) return ok(range)
  return refuse('INVALID', 'Name releases as 1.0.1, 1.2.*, 1.* or *.', field)
}

/** Whether a range takes a release: a star stands for any rest. */
export function takes(range: string, version: string): boolean {
  return range.endsWith('*') ? version.startsWith(range.slice(0, -1)) : version === range
}

/** Of the releases that the range takes, the newest; null when it takes none. */
export function newestTaken<Release extends { version: string }>(
  range: string,
  releases: readonly Release[],
): Release | null {
  const taken = releases.filter(({ version }) => takes(range, version))
  return taken.sort((one, other) => rcompare(one.version, other.version))[0] ?? null
}

const longestSlug = 63
const slugForm = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** A product's part of an address: 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end. */
export function acceptableProductSlug(given: string, field: string[]): Result<string> {
  if (slugForm.test(given)) return ok(given)
  const message =
    "A product's address part has 1 to 63 lower-case letters, digits and hyphens, and neither starts nor ends with a hyphen."
  return refuse('INVALID', message, field)
}

/** The address part that a name suggests: `Café & Co.` → `cafe-co`. A name without a Latin letter suggests `product`. */
export function slugOf(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g)
  const slug = (words ?? []).join('-').slice(0, longestSlug).replace(/-$/, '')
  return slug === '' ? 'product' : slug
}

/** The suggestion itself or, where it is taken, the first of `name-2`, `name-3` … that is not. */
export function freeSlug(suggested: string, taken: ReadonlySet<string>): string {
  if (!taken.has(suggested)) return suggested
  for (let count = 2; ; count += 1) {
    const ending = `-${count}`
    const slug = suggested.slice(0, longestSlug - ending.length).replace(/-$/, '') + ending
    if (!taken.has(slug)) return slug
  }
}
