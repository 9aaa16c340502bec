import { invalid } from './stripe-error.js'

const withoutDecimals = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf'.split(' '))
const withThreeDecimals = new Set('bhd jod kwd omr tnd'.split(' '))
const withTwoDecimals = new Set(
  (
    'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc ' +
    'cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr ' +
    'kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk ' +
    'php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu ' +
    'uzs wst xcd xcg yer zar zmw'
  ).split(' '),
)
/** Written without decimals, yet counted at Stripe as if there were two, which must be 00. */
const wholeUnitsInHundredths = new Set(['ugx', 'isk'])

// Less than this cannot be charged by a card.
const minimums: Record<string, number> = {
  usd: 50,
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
}
const eightDigits = 99_999_999
const largest: Record<string, number> = {
  idr: 999_999_999_999,
  lbp: 999_999_999_999,
  cop: 9_999_999_999,
  huf: 9_999_999_999,
  jpy: 9_999_999_999,
  inr: 999_999_999,
}

export function isCurrency(code: string): boolean {
  return withTwoDecimals.has(code) || withoutDecimals.has(code) || withThreeDecimals.has(code)
}

export function decimalsOf(currency: string): number {
  if (wholeUnitsInHundredths.has(currency)) return 2
  if (withoutDecimals.has(currency)) return 0
  return withThreeDecimals.has(currency) ? 3 : 2
}

export function minimumCharge(currency: string): number {
  return minimums[currency] ?? 1
}

/** Refuses what Stripe cannot charge, whatever else the sum is. */
export function checkAmount(amount: number, currency: string, param: string): void {
  if (Math.abs(amount) > (largest[currency] ?? eightDigits)) {
    throw invalid(`Amount must be no more than ${formatAmount(largest[currency] ?? eightDigits, currency)}`, {
      code: 'amount_too_large',
      param,
    })
  }
  if (withThreeDecimals.has(currency) && amount % 10 !== 0) {
    throw invalid(`Invalid amount: the last digit must be 0 for ${currency.toUpperCase()}.`, { param })
  }
  if (wholeUnitsInHundredths.has(currency) && amount % 100 !== 0) {
    throw invalid(`Invalid amount: ${currency.toUpperCase()} amounts must be divisible by 100.`, { param })
  }
}

/** For people. */
export function formatAmount(amount: number, currency: string): string {
  const decimals = decimalsOf(currency)
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',')
  const fraction = decimals > 0 ? `.${digits.slice(-decimals)}` : ''
  return `${amount < 0 ? '-' : ''}${whole}${fraction} ${currency.toUpperCase()}`
}
