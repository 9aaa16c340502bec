/** How much is tried, and from where the dice are thrown: a run with the same numbers is the same run. */
export const campaign = {
  inputs: whole('FUZZ_INPUTS', 210_000),
  // The tests of everybody are the same; `npm run fuzz` throws others.
  seed: whole('FUZZ_SEED', 7),
}

/** What a part of the campaign gets. */
export const share = (part: number): number => Math.max(1, Math.ceil(campaign.inputs * part))

/** Long campaigns are stopped by people, not by a clock. */
export const patienceInMs = Math.max(300_000, campaign.inputs)

function whole(name: string, otherwise: number): number {
  const given = process.env[name]
  if (given === undefined) return otherwise
  if (!/^\d{1,12}$/.test(given)) throw new Error(`${name} is a whole number.`)
  return Number(given)
}

/** Dice of a seed (mulberry32): whatever is thrown can be thrown again. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 up to, and without, that. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  /** Once in so many. */
  once(inSoMany: number): boolean {
    return this.below(inSoMany) === 0
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }
}
