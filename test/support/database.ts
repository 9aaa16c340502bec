import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { templateName } from './test-cluster.js'

export interface TestDatabase {
  readonly url: string
  drop(): Promise<void>
}

/** A database of the test's own, with the present schema and no rows. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createdFrom(templateName)
}

/** One of the test's own with nothing in it. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createdFrom('template0')
}

async function createdFrom(template: string): Promise<TestDatabase> {
  const cluster = process.env.TEST_CLUSTER_URL
  if (!cluster) throw new Error('No PostgreSQL was started for the tests: run them by `npm test`.')
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(cluster, `create database ${name} template ${template}`)
  const url = new URL(cluster)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administer(cluster, `drop database if exists ${name} with (force)`) }
}

async function administer(cluster: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: cluster })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
