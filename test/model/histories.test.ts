import { expect, test } from '@jest/globals'
import { liveThrough } from './season.js'

const patienceInMs = 1_800_000

/** `npm run histories` goes on from here, with as many seeds as one likes. */
test.each([1, 2])(
  '250 random histories of the seed %i come out as the rules say',
  async (seed) => {
    expect(await liveThrough(seed, 250)).toBeNull()
  },
  patienceInMs,
)
