import { amountProblem, type Currency, chargeable, currency as known } from '../kernel/currency.js'
import { decimal, isDecimalText, plain } from '../kernel/decimal.js'
import { defineLifecycle, noOp, refusal } from '../kernel/lifecycle.js'
import { add, type Money, parseAmount } from '../kernel/money.js'
import type { BillingAnchor, BillingInterval } from '../kernel/period.js'
import { combine, ok, type Result, refuse, type UserError } from '../kernel/result.js'
import { readList, readName, readText } from '../kernel/text.js'
import type { PlanState, PlanType } from './plan.entity.js'
import type { ApprovalMode } from './product.entity.js'
import { type AcceptedQuota, acceptableQuotas, type GivenQuota } from './quota.rules.js'
import { acceptableForm, type RequestForm } from './request-form.rules.js'

/** `describe` changes what a plan says, `rework` what it costs, covers and asks. */
export type PlanStep = 'activate' | 'deprecate' | 'archive' | 'describe' | 'rework'

const wrong = (message: string) => refusal('WRONG_STATE', message)
const draft = wrong('The plan is a draft: activate it first.')
const active = wrong('The plan is active: deprecate it before you archive it.')
const deprecated = wrong('The plan is deprecated and takes no new subscription: duplicate it to offer it again.')
const archived = wrong('The plan is archived for good.')
const settled = wrong('Of a plan that was activated only description and features change: duplicate it to change this.')

/** What was offered once never changes for those who have it. */
export const planLifecycle = defineLifecycle<PlanState, PlanStep>({
  initial: 'DRAFT',
  final: ['ARCHIVED'],
  table: {
    DRAFT: { activate: 'ACTIVE', deprecate: draft, archive: draft, describe: noOp, rework: noOp },
    ACTIVE: { activate: noOp, deprecate: 'DEPRECATED', archive: active, describe: noOp, rework: settled },
    DEPRECATED: { activate: deprecated, deprecate: noOp, archive: 'ARCHIVED', describe: noOp, rework: settled },
    ARCHIVED: { activate: archived, deprecate: archived, archive: noOp, describe: archived, rework: archived },
  },
})

export interface GivenPrice {
  base: string
  setupFee: string
  currency: string
  interval: BillingInterval
  intervalCount: number
  anchor: BillingAnchor
}

/** A plan as somebody gives it; of a field that must have a value, null is what they tried. */
export interface GivenPlan {
  name: string | null
  description: string | null
  approval: ApprovalMode | null
  price: GivenPrice | null
  quotas: readonly GivenQuota[] | null
  features: readonly string[] | null
  termPeriods: number | null
  trialDays: number | null
  paymentTermDays: number | null
  gracePeriodDays: number | null
  cancelWhenPastDue: boolean | null
  requestForm: unknown
}

/** A price as it is stored: with all of it null for a plan that has none. */
export interface AcceptedPrice {
  currency: Currency | null
  baseMinor: bigint | null
  setupFeeMinor: bigint | null
  interval: BillingInterval | null
  intervalCount: number | null
  anchor: BillingAnchor | null
}

/** A plan that can be stored. */
export interface AcceptedPlan extends AcceptedPrice {
  name: string
  description: string | null
  approval: ApprovalMode
  quotas: AcceptedQuota[]
  features: string[]
  termPeriods: number | null
  trialDays: number
  paymentTermDays: number
  gracePeriodDays: number
  cancelWhenPastDue: boolean
  requestForm: RequestForm | null
}

const place = (...path: string[]): string[] => ['input', ...path]

/** The plan as it will be stored, or all that is wrong with it. */
export function acceptablePlan(type: PlanType, given: GivenPlan): Result<AcceptedPlan> {
  const price = acceptablePrice(type, given.price, place('price'))
  const currency = price.ok ? price.value.currency : null
  const read = combine([
    present(given.name, 'name', (name) => readName(name, place('name'))),
    readText(given.description, place('description')),
    present(given.approval, 'approval', ok),
    price,
    acceptableQuotas(given.quotas ?? [], { type, currency }, place('quotas')),
    readList(given.features ?? [], place('features')),
    acceptableTerm(type, given.termPeriods),
    present(given.trialDays, 'trialDays', (days) => acceptableTrial(type, days)),
    present(given.paymentTermDays, 'paymentTermDays', (days) => within(days, 0, 365, place('paymentTermDays'))),
    present(given.gracePeriodDays, 'gracePeriodDays', (days) => within(days, 0, 365, place('gracePeriodDays'))),
    present(given.cancelWhenPastDue, 'cancelWhenPastDue', ok),
    acceptableForm(given.requestForm, place('requestForm')),
  ])
  if (!read.ok) return read
  const [name, description, approval, terms, quotas, features, termPeriods, trialDays, ...rest] = read.value
  const [paymentTermDays, gracePeriodDays, cancelWhenPastDue, requestForm] = rest
  const days = { trialDays, paymentTermDays, gracePeriodDays }
  return ok({
    name,
    description,
    approval,
    ...terms,
    quotas,
    features,
    termPeriods,
    ...days,
    cancelWhenPastDue,
    requestForm,
  })
}

/** As long as Stripe lets a price recur: three years. */
const mostIntervals: Record<BillingInterval, number> = { DAY: 1_095, WEEK: 156, MONTH: 36, YEAR: 3 }
const noPrice: AcceptedPrice = {
  currency: null,
  baseMinor: null,
  setupFeeMinor: null,
  interval: null,
  intervalCount: null,
  anchor: null,
}

/** A paid plan has a price that Stripe can collect, others have none. */
export function acceptablePrice(type: PlanType, given: GivenPrice | null, field: string[]): Result<AcceptedPrice> {
  if (type !== 'PAID') {
    if (!given) return ok(noPrice)
    return refuse('INVALID', 'Only a paid plan has a price: leave it out, or make the plan PAID.', field)
  }
  if (!given) return refuse('REQUIRED', 'A paid plan has a price.', field)
  const currency = acceptableCurrency(given.currency, [...field, 'currency'])
  if (!currency.ok) return currency
  const { interval, anchor } = given
  const read = combine([
    acceptableAmount(given.base, currency.value, [...field, 'base']),
    acceptableAmount(given.setupFee, currency.value, [...field, 'setupFee']),
    within(given.intervalCount, 1, mostIntervals[interval], [...field, 'intervalCount']),
  ])
  if (!read.ok) return read
  const [base, setupFee, intervalCount] = read.value
  const problem = amountProblem(add(base, setupFee))
  if (problem)
    return refuse('INVALID', `The first invoice has both base price and set-up fee. ${problem}`, [...field, 'setupFee'])
  return ok({
    currency: currency.value,
    baseMinor: base.minor,
    setupFeeMinor: setupFee.minor,
    interval,
    intervalCount,
    anchor,
  })
}

function acceptableCurrency(code: string, field: string[]): Result<Currency> {
  const currency = known(code)
  if (!currency) return refuse('CURRENCY_NOT_SUPPORTED', 'There is no such currency: name one as USD or EUR.', field)
  if (chargeable(currency)) return ok(currency)
  return refuse('CURRENCY_NOT_SUPPORTED', `Stripe does not collect in ${currency}.`, field)
}

function acceptableAmount(text: string, currency: Currency, field: string[]): Result<Money> {
  const amount = parseAmount(text, currency, field)
  if (!amount.ok) return amount
  if (amount.value.minor < 0n) return refuse('INVALID', 'A price is not below zero.', field)
  const problem = amountProblem(amount.value)
  return problem ? refuse('INVALID', problem, field) : amount
}

const longestTerm = 1_000
const longestTrial = 730

function acceptableTerm(type: PlanType, periods: number | null): Result<number | null> {
  if (periods === null) return ok(null)
  if (type === 'PAID') return within(periods, 1, longestTerm, place('termPeriods'))
  return refuse(
    'INVALID',
    'Only a paid plan has billing periods that a term could be counted in.',
    place('termPeriods'),
  )
}

function acceptableTrial(type: PlanType, days: number): Result<number> {
  if (type === 'PAID' || days === 0) return within(days, 0, longestTrial, place('trialDays'))
  return refuse('INVALID', 'Only a paid plan has a trial that costs nothing.', place('trialDays'))
}

function within(number: number, least: number, most: number, field: string[]): Result<number> {
  if (Number.isInteger(number) && number >= least && number <= most) return ok(number)
  return refuse('INVALID', `This is a whole number from ${least} to ${most.toLocaleString('en')}.`, field)
}

function present<Given, Value>(given: Given | null, key: string, read: (given: Given) => Result<Value>): Result<Value> {
  if (given !== null) return read(given)
  return refuse('REQUIRED', 'This always has a value: leave it out to keep it as it is.', place(key))
}

const sayings = ['description', 'features'] as const
type Saying = (typeof sayings)[number]

/** What an update would change of a plan besides what it says, where it is not what the plan has already. */
export function reworked(stands: GivenPlan, wanted: Partial<GivenPlan>): string[] {
  return (Object.keys(wanted) as Array<keyof GivenPlan>).filter(
    (key) => !sayings.some((saying) => saying === key) && written(wanted[key]) !== written(stands[key]),
  )
}

/** Refuses, of a plan that was activated, all that is not what it says. */
export function reworkProblems(state: PlanState, stands: GivenPlan, wanted: Partial<GivenPlan>): UserError[] {
  const taken = planLifecycle.take(state, 'rework')
  if (taken.ok) return []
  return reworked(stands, wanted).flatMap((key) => taken.errors.map((error) => ({ ...error, field: place(key) })))
}

/** What a plan says, as it will be stored. */
export function acceptableSayings(given: Pick<GivenPlan, Saying>): Result<Pick<AcceptedPlan, Saying>> {
  const read = combine([
    readText(given.description, place('description')),
    readList(given.features ?? [], place('features')),
  ])
  if (!read.ok) return read
  const [description, features] = read.value
  return ok({ description, features })
}

const amounts = new Set(['base', 'setupFee', 'unitAmount', 'flatFee'])

/** The same text for the same thing, in whichever order and with however many zeros it was written. */
function written(given: unknown): string {
  return JSON.stringify(given ?? null, (key, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    if (typeof value === 'string') return amounts.has(key) && isDecimalText(value) ? plain(decimal(value)) : value
    if (key === 'resourceIds' && Array.isArray(value)) return value.toSorted()
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined)
    return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
  })
}
