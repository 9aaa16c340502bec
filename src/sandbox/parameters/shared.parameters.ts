import { isCurrency } from '../ledger/currencies.js'
import { invalid } from '../ledger/stripe-error.js'
import {
  boolean,
  clearable,
  decimal,
  hash,
  integer,
  list,
  metadata,
  oneOf,
  type Parameter,
  type Read,
  required,
  text,
  timestamp,
} from './parameter.js'

export const expand = list(text(500), 20)

export const address = hash({
  city: clearable(text()),
  country: clearable(text()),
  line1: clearable(text()),
  line2: clearable(text()),
  postal_code: clearable(text()),
  state: clearable(text()),
})

export const shipping = hash({
  address: required(address),
  name: required(text()),
  phone: clearable(text()),
})

export const customFields = clearable(list(hash({ name: required(text(40)), value: required(text(140)) }), 4))

export const currency: Parameter<string> = {
  read(value, name) {
    const code = text().read(value, name).toLowerCase()
    if (isCurrency(code)) return code
    throw invalid(`Invalid currency: ${code}. Stripe currently supports these currencies: usd, eur, gbp, jpy, …`, {
      param: name,
    })
  },
}

/** An address on the web. */
export const url: Parameter<string> = {
  read(value, name) {
    const address = text(2048).read(value, name)
    const parsed = URL.canParse(address) ? new URL(address) : null
    if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return address
    throw invalid(`Invalid URL: An explicit scheme (such as https) must be provided.`, {
      code: 'url_invalid',
      param: name,
    })
  },
}

const range = hash({ gt: timestamp(), gte: timestamp(), lt: timestamp(), lte: timestamp() })

/** An instant, or bounds of one. */
export const instants: Parameter<
  Read<{ gt: Parameter<number>; gte: Parameter<number>; lt: Parameter<number>; lte: Parameter<number> }>
> = {
  read(value, name) {
    if (typeof value !== 'string') return range.read(value, name)
    const at = timestamp().read(value, name)
    return { gte: at, lte: at }
  },
}

export const page = {
  expand,
  limit: integer(1, 100),
  starting_after: text(),
  ending_before: text(),
}

export const searchPage = {
  expand,
  limit: integer(1, 100),
  page: text(),
  query: required(text()),
}

export const period = hash({ start: required(timestamp()), end: required(timestamp()) })

export const priceData = hash({
  currency: required(currency),
  product: text(),
  product_data: hash({
    name: required(text()),
    description: text(),
    images: list(text()),
    metadata: metadata(),
    tax_code: text(),
    unit_label: text(),
  }),
  tax_behavior: oneOf(['exclusive', 'inclusive', 'unspecified']),
  unit_amount: integer(),
  unit_amount_decimal: decimal(),
})

const taxAmount = hash({
  amount: required(integer()),
  taxable_amount: required(integer()),
  taxability_reason: text(),
  tax_rate_data: required(
    hash({
      display_name: required(text(50)),
      inclusive: required(boolean()),
      percentage: required(decimal()),
      country: text(),
      description: text(),
      jurisdiction: text(),
      jurisdiction_level: text(),
      state: text(),
      tax_type: text(),
    }),
  ),
})

export const taxAmounts = clearable(list(taxAmount, 20))
