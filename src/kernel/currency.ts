import { invariant } from './invariant.js'

declare const brand: unique symbol

/** An ISO 4217 code that `currency` has looked at. */
export type Currency = string & { readonly [brand]: 'Currency' }

export interface CurrencyFacts {
  /** How many decimals an amount has: 2 for USD, 0 for JPY, 3 for KWD. */
  readonly decimals: 0 | 2 | 3 | 4
  readonly name: string
}

// `Money`, whose file builds on this one.
type Sum = { readonly minor: bigint; readonly currency: Currency }

// ISO 4217, list one, as amended up to 2026, without funds, metals, accounting units and test codes. The
// decimals are those of the list but for MGA: its list entry says 2, Stripe counts whole ariary, and so do
// people.
const names: Record<CurrencyFacts['decimals'], Record<string, string>> = {
  0: {
    BIF: 'Burundi Franc',
    CLP: 'Chilean Peso',
    DJF: 'Djibouti Franc',
    GNF: 'Guinean Franc',
    ISK: 'Iceland Krona',
    JPY: 'Yen',
    KMF: 'Comorian Franc',
    KRW: 'Won',
    MGA: 'Malagasy Ariary',
    PYG: 'Guarani',
    RWF: 'Rwanda Franc',
    UGX: 'Uganda Shilling',
    VND: 'Dong',
    VUV: 'Vatu',
    XAF: 'CFA Franc BEAC',
    XOF: 'CFA Franc BCEAO',
    XPF: 'CFP Franc',
  },
  2: {
    AED: 'UAE Dirham',
    AFN: 'Afghani',
    ALL: 'Lek',
    AMD: 'Armenian Dram',
    AOA: 'Kwanza',
    ARS: 'Argentine Peso',
    AUD: 'Australian Dollar',
    AWG: 'Aruban Florin',
    AZN: 'Azerbaijan Manat',
    BAM: 'Convertible Mark',
    BBD: 'Barbados Dollar',
    BDT: 'Taka',
    BMD: 'Bermudian Dollar',
    BND: 'Brunei Dollar',
    BOB: 'Boliviano',
    BRL: 'Brazilian Real',
    BSD: 'Bahamian Dollar',
    BTN: 'Ngultrum',
    BWP: 'Pula',
    BYN: 'Belarusian Ruble',
    BZD: 'Belize Dollar',
    CAD: 'Canadian Dollar',
    CDF: 'Congolese Franc',
    CHF: 'Swiss Franc',
    CNY: 'Yuan Renminbi',
    COP: 'Colombian Peso',
    CRC: 'Costa Rican Colon',
    CUP: 'Cuban Peso',
    CVE: 'Cabo Verde Escudo',
    CZK: 'Czech Koruna',
    DKK: 'Danish Krone',
    DOP: 'Dominican Peso',
    DZD: 'Algerian Dinar',
    EGP: 'Egyptian Pound',
    ERN: 'Nakfa',
    ETB: 'Ethiopian Birr',
    EUR: 'Euro',
    FJD: 'Fiji Dollar',
    FKP: 'Falkland Islands Pound',
    GBP: 'Pound Sterling',
    GEL: 'Lari',
    GHS: 'Ghana Cedi',
    GIP: 'Gibraltar Pound',
    GMD: 'Dalasi',
    GTQ: 'Quetzal',
    GYD: 'Guyana Dollar',
    HKD: 'Hong Kong Dollar',
    HNL: 'Lempira',
    HTG: 'Gourde',
    HUF: 'Forint',
    IDR: 'Rupiah',
    ILS: 'New Israeli Sheqel',
    INR: 'Indian Rupee',
    IRR: 'Iranian Rial',
    JMD: 'Jamaican Dollar',
    KES: 'Kenyan Shilling',
    KGS: 'Som',
    KHR: 'Riel',
    KPW: 'North Korean Won',
    KYD: 'Cayman Islands Dollar',
    KZT: 'Tenge',
    LAK: 'Lao Kip',
    LBP: 'Lebanese Pound',
    LKR: 'Sri Lanka Rupee',
    LRD: 'Liberian Dollar',
    LSL: 'Loti',
    MAD: 'Moroccan Dirham',
    MDL: 'Moldovan Leu',
    MKD: 'Denar',
    MMK: 'Kyat',
    MNT: 'Tugrik',
    MOP: 'Pataca',
    MRU: 'Ouguiya',
    MUR: 'Mauritius Rupee',
    MVR: 'Rufiyaa',
    MWK: 'Malawi Kwacha',
    MXN: 'Mexican Peso',
    MYR: 'Malaysian Ringgit',
    MZN: 'Mozambique Metical',
    NAD: 'Namibia Dollar',
    NGN: 'Naira',
    NIO: 'Cordoba Oro',
    NOK: 'Norwegian Krone',
    NPR: 'Nepalese Rupee',
    NZD: 'New Zealand Dollar',
    PAB: 'Balboa',
    PEN: 'Sol',
    PGK: 'Kina',
    PHP: 'Philippine Peso',
    PKR: 'Pakistan Rupee',
    PLN: 'Zloty',
    QAR: 'Qatari Rial',
    RON: 'Romanian Leu',
    RSD: 'Serbian Dinar',
    RUB: 'Russian Ruble',
    SAR: 'Saudi Riyal',
    SBD: 'Solomon Islands Dollar',
    SCR: 'Seychelles Rupee',
    SDG: 'Sudanese Pound',
    SEK: 'Swedish Krona',
    SGD: 'Singapore Dollar',
    SHP: 'Saint Helena Pound',
    SLE: 'Leone',
    SOS: 'Somali Shilling',
    SRD: 'Surinam Dollar',
    SSP: 'South Sudanese Pound',
    STN: 'Dobra',
    SVC: 'El Salvador Colon',
    SYP: 'Syrian Pound',
    SZL: 'Lilangeni',
    THB: 'Baht',
    TJS: 'Somoni',
    TMT: 'Turkmenistan New Manat',
    TOP: 'Pa’anga',
    TRY: 'Turkish Lira',
    TTD: 'Trinidad and Tobago Dollar',
    TWD: 'New Taiwan Dollar',
    TZS: 'Tanzanian Shilling',
    UAH: 'Hryvnia',
    USD: 'US Dollar',
    UYU: 'Peso Uruguayo',
    UZS: 'Uzbekistan Sum',
    VED: 'Bolívar Soberano',
    VES: 'Bolívar Soberano',
    WST: 'Tala',
    XCD: 'East Caribbean Dollar',
    XCG: 'Caribbean Guilder',
    YER: 'Yemeni Rial',
    ZAR: 'Rand',
    ZMW: 'Zambian Kwacha',
    ZWG: 'Zimbabwe Gold',
  },
  3: {
    BHD: 'Bahraini Dinar',
    IQD: 'Iraqi Dinar',
    JOD: 'Jordanian Dinar',
    KWD: 'Kuwaiti Dinar',
    LYD: 'Libyan Dinar',
    OMR: 'Rial Omani',
    TND: 'Tunisian Dinar',
  },
  4: {
    UYW: 'Unidad Previsional',
  },
}

/** The currencies that are in use, by their codes in upper case. */
export const currencies: ReadonlyMap<string, CurrencyFacts> = new Map(
  ([0, 2, 3, 4] as const)
    .flatMap((decimals) => Object.entries(names[decimals]).map(([code, name]) => [code, { decimals, name }] as const))
    .sort(([one], [other]) => (one < other ? -1 : 1)),
)

// https://docs.stripe.com/currencies: what Stripe does not take of the above. Which of the others an account
// can take depends on its country, and only Stripe knows.
const notChargeable = new Set('BTN CUP ERN GHS IQD IRR KPW LYD MRU SDG SSP STN SVC SYP TMT UYW VED VES ZWG'.split(' '))

// https://docs.stripe.com/currencies#special-cases: without decimals, and still sent with two.
const sentInHundredths = new Set(['ISK', 'UGX'])

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: eight digits, twelve for IDR.
const largestStripeAmount = 99_999_999n
const largestStripeAmountInRupiah = 999_999_999_999n

/** The currency of an upper-case ISO 4217 code; null when there is none in use. */
export function currency(code: string): Currency | null {
  return currencies.has(code) ? (code as Currency) : null
}

/** How many decimals an amount of it has. */
export function decimalsOf(currency: Currency): CurrencyFacts['decimals'] {
  const facts = currencies.get(currency)
  invariant(facts, `${currency} is no currency`)
  return facts.decimals
}

/** Whether Stripe takes it at all. */
export function chargeable(currency: Currency): boolean {
  return currencies.has(currency) && !notChargeable.has(currency)
}

/**
 * What a computed sum is rounded to, in minor units: 10 where there are three decimals, since Stripe wants
 * the last digit to be 0 (https://docs.stripe.com/currencies#three-decimal), and 1 elsewhere.
 */
export function chargeStep(currency: Currency): bigint {
  return decimalsOf(currency) === 3 ? 10n : 1n
}

/** The integer that Stripe is sent for a sum: its minor units, but hundredths for ISK and UGX. */
export function toStripeAmount({ minor, currency }: Sum): bigint {
  return sentInHundredths.has(currency) ? minor * 100n : minor
}

/**
 * The sum that an integer from Stripe stands for. A fraction of ISK or UGX, which cannot be paid, is rounded
 * half away from zero.
 */
export function fromStripeAmount(amount: bigint | number, currency: Currency): Sum {
  const whole = BigInt(amount)
  if (!sentInHundredths.has(currency)) return { minor: whole, currency }
  return { minor: (whole + (whole < 0n ? -50n : 50n)) / 100n, currency }
}

/** Why Stripe cannot take a sum, as a sentence; null when it can. A credit is held to the same. */
export function amountProblem(sum: Sum): string | null {
  if (!chargeable(sum.currency)) return `Stripe does not collect in ${sum.currency}.`
  if (sum.minor % chargeStep(sum.currency) !== 0n) {
    return `Stripe takes amounts in ${sum.currency} only with 0 as the third decimal.`
  }
  const largest = sum.currency === 'IDR' ? largestStripeAmountInRupiah : largestStripeAmount
  const amount = toStripeAmount(sum)
  if (amount > largest || amount < -largest) {
    return `This is more than Stripe can collect at once in ${sum.currency}.`
  }
  return null
}
