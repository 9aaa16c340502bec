import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Matrix } from '../authorization/authorization-matrix.js'
import type { Backend } from '../support/backend.js'
import { removableFirstFence } from '../support/fences.js'
import { switchSecondFence } from '../support/second-fence.js'

// Before the backend is imported.
const firstFence = removableFirstFence(jest)
const { startBackend } = await import('../support/backend.js')
const { askEverything } = await import('../authorization/asking.js')
const { authorizationMatrix, readEverything } = await import('../authorization/authorization-matrix.js')
const { doEverything } = await import('../authorization/doing.js')

// Some hundred thousand checks take their time where others run beside them.
jest.setTimeout(600_000)

/** It does not shrink unseen: far fewer would mean that something is no longer looked at. */
const floor = 1_000_000

describe('the authorization matrix holds', () => {
  let backend: Backend
  let matrix: Matrix
  beforeAll(async () => {
    backend = await startBackend()
    matrix = await authorizationMatrix(backend)
  })
  afterEach(async () => {
    firstFence.restore()
    await switchSecondFence(backend.config.databaseUrl, 'on')
  })
  afterAll(async () => {
    await matrix?.close()
    await backend.stop()
  })

  test('with the first fence alone', async () => {
    await switchSecondFence(backend.config.databaseUrl, 'off')
    await readEverything(matrix)
    await askEverything(matrix)
    expect(matrix.judge.faults.splice(0)).toEqual([])
  })

  test('with the second fence alone', async () => {
    firstFence.remove()
    await readEverything(matrix)
    await askEverything(matrix)
    await doEverything(matrix)
    expect(matrix.judge.faults.splice(0)).toEqual([])
  })

  test('and is missed when there is neither', async () => {
    firstFence.remove()
    await switchSecondFence(backend.config.databaseUrl, 'off')
    await askEverything(matrix)
    expect(matrix.judge.faults.splice(0).length).toBeGreaterThan(100)
  })

  test(`in more than ${floor} checks`, () => {
    expect(matrix.judge.checks).toBeGreaterThan(floor)
  })
})
