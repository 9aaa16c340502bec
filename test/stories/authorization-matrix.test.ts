import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { askEverything } from '../authorization/asking.js'
import { authorizationMatrix, type Matrix, readEverything } from '../authorization/authorization-matrix.js'
import { neverAsked, neverShown } from '../authorization/coverage.js'
import { doEverything } from '../authorization/doing.js'
import { hearEverything } from '../authorization/hearing.js'
import { type Backend, startBackend } from '../support/backend.js'

// Some hundred thousand checks take their time where others run beside them.
jest.setTimeout(600_000)

/** It does not shrink unseen: far fewer would mean that something is no longer looked at. */
const floor = 800_000

/** What nothing in this world has a value of: asked for, and null or empty for everybody. */
const withoutValue = [
  'AccessDecision.productSubscription',
  'AccessDecision.quota',
  'AccessDecision.resource',
  'Application.description',
  'Asset.description',
  'BillingIntegration.lastSignatureFailureAt',
  'Credential.expiresAt',
  'Credential.lastUsedAt',
  'Invoice.paymentProcessing',
  'InvoiceSync.message',
  'Plan.description',
  'Plan.features',
  'Plan.requestForm',
  'Plan.termPeriods',
  'Product.categories',
  'Product.description',
  'Product.icon',
  'Product.tags',
  'ProductRelease.description',
  'ProductRelease.label',
  'ProductSubscription.trialEndsAt',
  'Quota.packageSize',
  'Terms.url',
]

describe('the authorization matrix', () => {
  let backend: Backend
  let matrix: Matrix
  beforeAll(async () => {
    backend = await startBackend()
    matrix = await authorizationMatrix(backend)
  })
  afterAll(async () => {
    await matrix?.close()
    await backend.stop()
  })

  test('asks for every field of the schema', () => {
    expect(neverAsked(matrix)).toEqual([])
  })

  test('shows each field to whom its policy says, by id and on every path, over both transports', async () => {
    await readEverything(matrix)
    expect(matrix.judge.faults.splice(0)).toEqual([])
    expect(neverShown(matrix, matrix.judge.shown)).toEqual(withoutValue)
  })

  test('answers each query to whom its policy says', async () => {
    await askEverything(matrix)
    expect(matrix.judge.faults.splice(0)).toEqual([])
  })

  test('lets only those do something whom its policy says, and changes nothing for others', async () => {
    await doEverything(matrix)
    expect(matrix.judge.faults.splice(0)).toEqual([])
  })

  test('pushes to nobody what is not theirs', async () => {
    const { faults } = await hearEverything(matrix)
    expect([...matrix.judge.faults, ...faults]).toEqual([])
  })

  test(`makes more than ${floor} checks, and nothing has gone wrong inside`, () => {
    expect(matrix.judge.checks).toBeGreaterThan(floor)
    expect(backend.failures()).toEqual([])
  })
})
