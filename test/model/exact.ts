/** A fraction, without any rounding. */
export interface Exact {
  readonly over: bigint
  readonly under: bigint
}

export function whole(value: bigint): Exact {
  return { over: value, under: 1n }
}

/** @param text such as "-0.0025" */
export function exact(text: string): Exact {
  const [, sign, digits = '0', decimals = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  const over = BigInt(digits + decimals)
  return { over: sign ? -over : over, under: 10n ** BigInt(decimals.length) }
}

export function plus(one: Exact, other: Exact): Exact {
  return { over: one.over * other.under + other.over * one.under, under: one.under * other.under }
}

export function minus(one: Exact, other: Exact): Exact {
  return plus(one, { over: -other.over, under: other.under })
}

export function times(one: Exact, other: Exact): Exact {
  return { over: one.over * other.over, under: one.under * other.under }
}

export function isMore(one: Exact, other: Exact): boolean {
  return one.over * other.under > other.over * one.under
}

export function smaller(one: Exact, other: Exact): Exact {
  return isMore(one, other) ? other : one
}

export function isNothing({ over }: Exact): boolean {
  return over === 0n
}

/** The next whole number below, toward nothing. */
export function roundedDown({ over, under }: Exact): bigint {
  return over / under
}

export function roundedUp({ over, under }: Exact): bigint {
  return over % under === 0n ? over / under : over / under + 1n
}

/** The nearest whole number; halves go away from nothing. */
export function rounded({ over, under }: Exact): bigint {
  const size = over < 0n ? -over : over
  const nearest = (2n * size + under) / (2n * under)
  return over < 0n ? -nearest : nearest
}
