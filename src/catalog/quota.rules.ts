import { amountProblem, type Currency } from '../kernel/currency.js'
import { decimal, isDecimalText, plain } from '../kernel/decimal.js'
import { multiply, parseAmount } from '../kernel/money.js'
import type { BillingInterval } from '../kernel/period.js'
import { type PriceTier, tierProblems } from '../kernel/pricing.js'
import { ok, type Result, type UserError } from '../kernel/result.js'
import type { PlanType, QuotaLimit, QuotaPricing, StoredPriceTier } from './plan.entity.js'

/** A quota as somebody gives it. */
export interface GivenQuota {
  unit: string
  resourceIds: readonly string[]
  limit: QuotaLimit
  limitUnits?: bigint | null
  interval: BillingInterval
  pricing: QuotaPricing
  unitAmount?: string | null
  packageSize?: bigint | null
  tiers: ReadonlyArray<{ to?: bigint | null; unitAmount: string; flatFee: string }>
}

/** A quota that can be stored, as far as can be told without looking for its unit and its APIs. */
export interface AcceptedQuota {
  unit: string
  resourceIds: string[]
  limit: QuotaLimit
  limitUnits: bigint | null
  interval: BillingInterval
  pricing: QuotaPricing
  unitAmount: string | null
  packageSize: bigint | null
  tiers: StoredPriceTier[]
}

/** What a quota is part of. */
export interface QuotaSurroundings {
  type: PlanType
  /** Null where the plan has no price, or none that is right. */
  currency: Currency | null
}

const mostQuotas = 100
const mostResources = 200
const mostTiers = 50
const mostDecimals = 12
/** Stripe takes 250 lines on an invoice; some stay free for base price, fee and credit. */
const mostLines = 240
const largestCount = 2n ** 63n - 1n

/** The quotas of a plan as they will be stored, or all that is wrong with them. */
export function acceptableQuotas(
  given: readonly GivenQuota[],
  surroundings: QuotaSurroundings,
  field: string[],
): Result<AcceptedQuota[]> {
  const errors = [
    ...given.flatMap((quota, index) => quotaProblems(quota, surroundings, [...field, String(index)])),
    ...repeatedResources(given, field),
  ]
  if (given.length > mostQuotas) errors.push(tooMany(`A plan has at most ${mostQuotas} quotas.`, field))
  const lines = given.reduce((sum, quota) => sum + mostLinesOf(quota), 0)
  if (lines > mostLines) {
    const message = `Its quotas could make ${lines} lines on an invoice, and Stripe takes ${mostLines}: have fewer quotas or tiers.`
    errors.push(tooMany(message, field))
  }
  return errors.length > 0 ? { ok: false, errors } : ok(given.map(accepted))
}

function accepted(quota: GivenQuota): AcceptedQuota {
  const { unit, resourceIds, limit, interval, pricing, unitAmount } = quota
  return {
    unit,
    resourceIds: [...resourceIds],
    limit,
    limitUnits: quota.limitUnits ?? null,
    interval,
    pricing,
    unitAmount: isGiven(unitAmount) ? plain(decimal(unitAmount)) : null,
    packageSize: quota.packageSize ?? null,
    tiers: tiersOf(quota.tiers).map(({ from, to, unitAmount, flatFee }) => ({
      from: String(from),
      to: to === null ? null : String(to),
      unitAmount: plain(unitAmount),
      flatFee: plain(flatFee),
    })),
  }
}

function quotaProblems(quota: GivenQuota, { type, currency }: QuotaSurroundings, field: string[]): UserError[] {
  return [
    ...resourceProblems(quota, field),
    ...limitProblems(quota, field),
    ...(type === 'PAID' ? combinationProblems(quota, field) : unpricedProblems(quota, field)),
    ...(isGiven(quota.unitAmount) ? rateProblems(quota.unitAmount, currency, [...field, 'unitAmount']) : []),
    ...(isGiven(quota.packageSize) && quota.packageSize < 1n
      ? [invalid('A package has at least one unit.', [...field, 'packageSize'])]
      : []),
    ...priceTierProblems(quota.tiers, currency, [...field, 'tiers']),
  ]
}

function resourceProblems({ resourceIds }: GivenQuota, field: string[]): UserError[] {
  const place = [...field, 'resourceIds']
  if (resourceIds.length === 0) return [required('A quota covers at least one API.', place)]
  if (resourceIds.length > mostResources) return [tooMany(`A quota covers at most ${mostResources} APIs.`, place)]
  return []
}

/** A call counts on one quota, or nobody could say what it costs. */
function repeatedResources(given: readonly GivenQuota[], field: string[]): UserError[] {
  const seen = new Set<string>()
  return given.flatMap(({ resourceIds }, index) =>
    resourceIds.flatMap((id, position) => {
      if (!seen.has(id)) {
        seen.add(id)
        return []
      }
      const message = 'An API belongs to at most one quota of a plan, and this one was named before.'
      return [invalid(message, [...field, String(index), 'resourceIds', String(position)])]
    }),
  )
}

function limitProblems({ limit, limitUnits }: GivenQuota, field: string[]): UserError[] {
  const place = [...field, 'limitUnits']
  if (limit === 'UNLIMITED') {
    return isGiven(limitUnits) ? [invalid('Without a limit there is no number of units: leave it out.', place)] : []
  }
  if (!isGiven(limitUnits)) return [required(`A ${limit} limit needs a number of units.`, place)]
  return limitUnits < 1n ? [invalid('A limit is at least one unit.', place)] : []
}

/** Free and custom plans charge nothing here. */
function unpricedProblems({ pricing, unitAmount, packageSize, tiers }: GivenQuota, field: string[]): UserError[] {
  const message = 'Only a paid plan charges for usage.'
  return [
    ...(pricing === 'INCLUDED' ? [] : [invalid(message, [...field, 'pricing'])]),
    ...(isGiven(unitAmount) ? [invalid(message, [...field, 'unitAmount'])] : []),
    ...(isGiven(packageSize) ? [invalid(message, [...field, 'packageSize'])] : []),
    ...(tiers.length > 0 ? [invalid(message, [...field, 'tiers'])] : []),
  ]
}

type PriceField = 'unitAmount' | 'packageSize' | 'tiers'

/** What each way of pricing is told by. */
const parts: Record<QuotaPricing, readonly PriceField[]> = {
  INCLUDED: [],
  PER_UNIT: ['unitAmount'],
  GRADUATED: ['tiers'],
  VOLUME: ['tiers'],
  PACKAGE: ['unitAmount', 'packageSize'],
}
const words: Record<PriceField, string> = {
  unitAmount: 'a unit amount',
  packageSize: 'a package size',
  tiers: 'tiers',
}

function combinationProblems(quota: GivenQuota, field: string[]): UserError[] {
  const { pricing, limit } = quota
  // What is included costs nothing up to the limit, and only past a loose one is there anything beyond.
  const needed: readonly PriceField[] = pricing === 'INCLUDED' && limit === 'LOOSE' ? ['unitAmount'] : parts[pricing]
  const manner = pricing === 'INCLUDED' ? `INCLUDED with a limit that is ${limit}` : pricing
  return (Object.keys(words) as PriceField[]).flatMap((part) => {
    const has = part === 'tiers' ? quota.tiers.length > 0 : isGiven(quota[part])
    if (needed.includes(part) === has) return []
    const place = [...field, part]
    return has
      ? [invalid(`${manner} takes no ${words[part].replace(/^a /, '')}.`, place)]
      : [required(`${manner} needs ${words[part]}.`, place)]
  })
}

function priceTierProblems(given: GivenQuota['tiers'], currency: Currency | null, field: string[]): UserError[] {
  if (given.length === 0) return []
  if (given.length > mostTiers) return [tooMany(`A quota has at most ${mostTiers} tiers.`, field)]
  const amounts = given.flatMap(({ unitAmount, flatFee }, index) => [
    ...rateProblems(unitAmount, currency, [...field, String(index), 'unitAmount']),
    ...feeProblems(flatFee, currency, [...field, String(index), 'flatFee']),
  ])
  if (amounts.length > 0) return amounts
  const last = given.findIndex(({ to }) => isGiven(to) && to >= largestCount)
  if (last >= 0) return [invalid('This is more than can be counted.', [...field, String(last), 'to'])]
  return tierProblems(tiersOf(given)).map((message) => invalid(message, field))
}

/** Each tier begins where the one before it ends. */
function tiersOf(given: GivenQuota['tiers']): PriceTier[] {
  return given.map(({ to, unitAmount, flatFee }, index) => ({
    from: (given[index - 1]?.to ?? 0n) + 1n,
    to: to ?? null,
    unitAmount: decimal(unitAmount),
    flatFee: decimal(flatFee),
  }))
}

/** A price for a unit may be finer than what is charged, which is rounded once, on the line. */
function rateProblems(text: string, currency: Currency | null, field: string[]): UserError[] {
  if (!isDecimalText(text)) return [invalid('An amount is a plain decimal number such as 0.0001.', field)]
  const amount = decimal(text)
  if (amount.lessThan(0)) return [invalid('A price is not below zero.', field)]
  if (amount.decimalPlaces() > mostDecimals) return [invalid(`A price has at most ${mostDecimals} decimals.`, field)]
  const problem = currency && amountProblem(multiply(amount, decimal(1n), currency))
  return problem ? [invalid(problem, field)] : []
}

/** A flat fee is charged as it is. */
function feeProblems(text: string, currency: Currency | null, field: string[]): UserError[] {
  if (!currency) return rateProblems(text, null, field)
  const fee = parseAmount(text, currency, field)
  if (!fee.ok) return fee.errors
  if (fee.value.minor < 0n) return [invalid('A price is not below zero.', field)]
  const problem = amountProblem(fee.value)
  return problem ? [invalid(problem, field)] : []
}

function mostLinesOf({ pricing, tiers }: GivenQuota): number {
  if (pricing === 'GRADUATED') return 2 * tiers.length
  return pricing === 'VOLUME' ? 2 : 1
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined
}

const invalid = (message: string, field: string[]): UserError => ({ code: 'INVALID', message, field })
const required = (message: string, field: string[]): UserError => ({ code: 'REQUIRED', message, field })
const tooMany = (message: string, field: string[]): UserError => ({ code: 'LIMIT_REACHED', message, field })
