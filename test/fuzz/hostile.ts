import type { Dice } from './campaign.js'

/** Texts that somebody has stumbled over before: a fault that was found stays here. */
const stumbled = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\udfff\ud800',
  '\u202e',
  '\ufeff',
  'null',
  'undefined',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '-0',
  '00',
  '1e999',
  '0x10',
  '9223372036854775808',
  '-9223372036854775809',
  '99999999999999999999999999999999999999999',
  '0.1e1',
  '٣',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59.999999999+23:59',
  '0000-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '2026-11-24t10:00:00z',
  "'; drop table provider; --",
  '%00',
  '%2e%2e%2f',
  '..\\..\\',
  '{{7*7}}',
  'javascript:alert(1)',
  'https://user:pass@[::ffff:10.0.0.1]:99999/',
  'a'.repeat(5_000),
  '('.repeat(2_000),
  '9'.repeat(5_000),
  '💥'.repeat(500),
]

const letters = [
  ...'aZ09 _-+./:;,@%$&=?#|~^*()[]{}<>"\'`\\\n\t\r\0',
  'é',
  '０',
  '٣',
  '\ud800',
  '💥',
  '\u200b',
  '\u0301',
]

/** Anything at all, often what is nearly right: a good value with a few letters changed. */
export function hostileText(dice: Dice, good: readonly string[]): string {
  switch (dice.below(6)) {
    case 0:
      return dice.of(stumbled)
    case 1:
      return Array.from({ length: dice.below(24) }, () => dice.of(letters)).join('')
    case 2:
      return Array.from({ length: dice.below(40) }, () => String.fromCharCode(dice.below(65_536))).join('')
    default:
      return spoilt(dice, good.length > 0 ? dice.of(good) : dice.of(stumbled))
  }
}

function spoilt(dice: Dice, text: string): string {
  let result = text
  for (let edits = dice.below(4); edits > 0; edits -= 1) {
    const at = dice.below(result.length + 1)
    const rest = result.slice(at)
    switch (dice.below(5)) {
      case 0:
        result = result.slice(0, at) + dice.of(letters) + rest
        break
      case 1:
        result = result.slice(0, at) + rest.slice(1)
        break
      case 2:
        result = result.slice(0, at) + dice.of(letters) + rest.slice(1)
        break
      case 3:
        result = result.slice(0, at) + rest.slice(0, 8) + rest
        break
      default:
        result = result.slice(0, at) + dice.of(stumbled).slice(0, 50) + rest
    }
  }
  return result
}

/** Any JSON value, made of such texts. */
export function hostileValue(dice: Dice, good: readonly string[], depth = 3): unknown {
  switch (dice.below(depth > 0 ? 9 : 6)) {
    case 0:
      return null
    case 1:
      return dice.once(2)
    case 2:
      return dice.of([0, -1, 1, 1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e308, -0])
    case 6:
      return Array.from({ length: dice.below(4) }, () => hostileValue(dice, good, depth - 1))
    case 7:
      return Object.fromEntries(
        Array.from({ length: dice.below(4) }, () => [hostileText(dice, good), hostileValue(dice, good, depth - 1)]),
      )
    default:
      return hostileText(dice, good)
  }
}
