import type pg from 'pg'
import { entities } from '../../src/entities.js'
import { telling, tellingOf } from '../../src/persistence/fence-settings.js'
import { runtimeRole } from '../../src/persistence/runtime-role.js'
import {
  anonymous,
  type ConsumerRole,
  type ProviderRole,
  type Scope,
  system,
} from '../../src/persistence/tenant-scope.js'

/** Whose a row is, seen from the consumer who looks: of the own organization, one next to it, one of a sister marketplace, or of a foreign provider. */
export const worlds = {
  own: { provider: 'p1', marketplace: 'm1' },
  neighbor: { provider: 'p1', marketplace: 'm1' },
  sister: { provider: 'p1', marketplace: 'm2' },
  foreign: { provider: 'p2', marketplace: 'm3' },
} as const
export type World = keyof typeof worlds
const names = Object.keys(worlds) as World[]

const consumer = (...roles: ConsumerRole[]): Scope => ({
  kind: 'consumer',
  userId: 'user_own',
  sessionId: 's',
  providerId: 'p1',
  marketplaceId: 'm1',
  organizations: new Map(roles.length > 0 ? [['organization_own', roles]] : []),
})
const staff = (providerId: string, ...roles: ProviderRole[]): Scope => ({
  kind: 'provider',
  userId: `staff of ${providerId}`,
  sessionId: 's',
  providers: new Map([[providerId, roles]]),
})

/** Null is a connection that was told nothing. */
export const viewers: Record<string, Scope | null> = {
  nobody: null,
  system,
  anonymous,
  administrator: consumer('ADMINISTRATOR'),
  subscriber: consumer('SUBSCRIBER'),
  developer: consumer('DEVELOPER'),
  'without an organization': consumer(),
  'in a foreign marketplace': {
    ...(consumer() as Extract<Scope, { kind: 'consumer' }>),
    userId: 'somebody',
    providerId: 'p3',
    marketplaceId: 'm9',
    organizations: new Map([['organization_elsewhere', ['ADMINISTRATOR']]]),
  },
  manager: staff('p1', 'MARKETPLACE_MANAGER'),
  auditor: staff('p1', 'AUDITOR'),
  'of a foreign provider': staff('p3', 'ADMINISTRATOR'),
  gateway: {
    kind: 'gateway',
    tokenId: 'token',
    providerId: 'p1',
    marketplaceId: 'm1',
    presented: ['credential_own', 'credential_foreign'],
  },
}

export const tables = entities.map((entity) => entity.meta.tableName).sort()

interface Column {
  table_name: string
  column_name: string
  data_type: string
  is_nullable: 'YES' | 'NO'
  column_default: string | null
}

/** One row in each table for each world, and all that belongs together belongs together. */
export async function fill(client: pg.ClientBase): Promise<void> {
  const { rows: columns } = await client.query<Column>(
    `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
     where table_schema = 'public' and table_name = any($1)`,
    [tables],
  )
  for (const table of tables) {
    const own = columns.filter(({ table_name }) => table_name === table)
    for (const world of names) await client.query(insertion(table, own, world))
  }
}

/** The statement that makes a table's row of a world. */
function insertion(table: string, columns: readonly Column[], world: World, key: string = world): string {
  const values = columns.flatMap((column) => {
    const value = valueFor(table, column, world, key)
    return value === null ? [] : [[`"${column.column_name}"`, value] as const]
  })
  const [into, of] = [values.map(([name]) => name).join(', '), values.map(([, value]) => value).join(', ')]
  return `insert into "${table}" (${into}) values (${of}) on conflict do nothing`
}

function valueFor(table: string, column: Column, world: World, key: string): string | null {
  const { provider, marketplace } = worlds[world]
  const { column_name: name, data_type: type, is_nullable, column_default } = column
  const known: Record<string, string> = {
    provider_id: provider,
    marketplace_id: marketplace,
    organization_id: `organization_${world}`,
    organization_ids: `{organization_${world}}`,
    user_id: `user_${world}`,
    viewer_id: `user_${world}`,
    resource_id: `api_resource_${world}`,
    release_id: `asset_release_${world}`,
    specification_id: `api_specification_${world}`,
    subject_id: table === 'terms_version' ? marketplace : `subject_${world}`,
    audience: 'SELECTED_ORGANIZATIONS',
    visibility: 'PROTECTED',
    state: 'ACTIVE',
    versions: '*',
    type: 'FREE',
    // Its place in the chain of its provider.
    ...(table === 'audit_entry' ? { sequence: String(names.indexOf(world) + 1) } : {}),
    ...(table === 'marketplace' ? { id: marketplace } : {}),
    ...(table === 'provider' ? { id: provider } : {}),
    ...(table === 'consumer_organization' ? { id: `organization_${world}` } : {}),
    ...(table === 'marketplace_billing' ? { marketplace_id: marketplace } : {}),
  }
  const referenced = name.endsWith('_id') ? name.slice(0, -3) : null
  if (name in known) return `'${known[name]}'`
  if (is_nullable === 'YES' || column_default !== null) return null
  if (referenced && tables.includes(referenced)) return `'${referenced}_${world}'`
  if (type === 'ARRAY') return `'{}'`
  if (type.startsWith('timestamp')) return 'now()'
  if (type === 'boolean') return 'true'
  if (type === 'jsonb') return `'{}'`
  if (type === 'character') return `'EUR'`
  if (['integer', 'bigint', 'numeric'].includes(type)) return '1'
  return `'${table}_${key}'`
}

/** Goes on as the role that the backend works as, on behalf of the viewer, until the transaction ends. */
export async function become(client: pg.ClientBase, viewer: string): Promise<void> {
  const scope = viewers[viewer]
  await client.query(`set local role ${runtimeRole}`)
  // What was told before in this transaction is taken back first, as the end of a transaction does.
  await client.query(telling, tellingOf(scope ?? anonymous, 'read write'))
  if (!scope) await client.query(`select set_config('fence.kind', '', true)`)
}

/** Of which worlds a viewer sees rows of a table. */
export async function seenBy(client: pg.ClientBase, table: string): Promise<World[]> {
  const { rows } = await client.query<{ row: string }>(`select row_to_json(t)::text as row from "${table}" t`)
  return worldsOf(rows.map(({ row }) => row))
}

/** Of which worlds a viewer could delete rows of a table. */
export async function deletableBy(client: pg.ClientBase, table: string): Promise<World[]> {
  await client.query('savepoint before')
  const { rows } = await client.query<{ row: string }>(`delete from "${table}" t returning row_to_json(t)::text as row`)
  await client.query('rollback to savepoint before')
  return worldsOf(rows.map(({ row }) => row))
}

/** Whether PostgreSQL lets a viewer write a row of that world; null where there can be no second one. */
export async function writableBy(client: pg.ClientBase, table: string, world: World): Promise<boolean> {
  const { rows: columns } = await client.query<Column>(
    `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
     where table_schema = 'public' and table_name = $1`,
    [table],
  )
  await client.query('savepoint before')
  try {
    // Without the conflict clause, which would ask for the right to see what is in the way.
    await client.query(insertion(table, columns, world, 'new').replace(' on conflict do nothing', ''))
    return true
  } catch (error) {
    const { code } = error as pg.DatabaseError
    if (code === '42501') return false
    // Another key than the policy's stood in the way: that was looked at only after the policy let it pass.
    if (code === '23505') return true
    throw error
  } finally {
    await client.query('rollback to savepoint before')
  }
}

function worldsOf(rows: readonly string[]): World[] {
  const found = new Set(rows.flatMap((row) => names.filter((world) => isOf(row, world))))
  return names.filter((world) => found.has(world))
}

/** A marketplace and a provider are shared by worlds, so they are told by their own ids. */
function isOf(row: string, world: World): boolean {
  if (row.includes(`_${world}"`) || row.includes(`_${world}\\"`)) return true
  const { id } = JSON.parse(row) as { id?: string }
  const shared = Object.values<string>(worlds[world]).includes(id ?? '')
  return shared && names.find((other) => Object.values<string>(worlds[other]).includes(id ?? '')) === world
}
