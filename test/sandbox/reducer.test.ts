import { fileURLToPath } from 'node:url'
import { beforeAll, describe, it } from '@jest/globals'
import { histories } from './reducer/histories.js'
import { laws } from './reducer/laws.js'
import { type Reducer, reducerIn } from './reducer/story.js'

describe('The reducer of the sandbox', () => {
  let reducer: Reducer

  beforeAll(async () => {
    reducer = await reducerIn(fileURLToPath(new URL('../../src/sandbox', import.meta.url)))
  })

  it.each(Object.entries(laws))('%s', (_name, law) => law(reducer))

  it('lives every history as the model does', () => histories(reducer, 400))
})
