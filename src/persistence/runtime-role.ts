import pg from 'pg'
import { CannotStart } from '../kernel/cannot-start.js'

/**
 * The role that the backend works as: it owns nothing, cannot sign in and is bound by every policy. One for all
 * databases of a cluster.
 */
export const runtimeRole = 'marketplace_runtime'

const connectInMs = 10_000

/** How whoever connects stands to the role. */
interface Standing {
  /** Whether no policy binds the connecting user. */
  unfenced: boolean
  mayMakeRoles: boolean
  roleIsThere: boolean
  roleIsUnfenced: boolean
  isMember: boolean
}

/**
 * Makes the role where it is missing, and grants it to the connecting user, as far as that user may; then what it needs
 * in this database: after each migration, so for what that has made too. Safe when several do it at once, in this database or in another of the cluster.
 * @param client connected as the owner of the tables, which have been made
 */
export async function prepareRuntimeRole(client: pg.ClientBase): Promise<void> {
  const standing = await standingOf(client)
  if (!standing.roleIsThere && standing.mayMakeRoles) {
    await unlessDone(client, `create role ${runtimeRole} nologin nosuperuser nobypassrls nocreatedb nocreaterole`)
  }
  if (!(await standingOf(client)).isMember && standing.mayMakeRoles) {
    await unlessDone(client, `grant ${runtimeRole} to current_user`)
  }
  if ((await standingOf(client)).roleIsThere) await client.query(grants)
}

/**
 * The address by which the process connects when it serves: with it, each connection works as the role from its first
 * statement on.
 * @throws CannotStart when the connecting user could pass the policies by
 */
export async function addressAtRuntime(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectInMs })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { unfenced, isMember, roleIsUnfenced } = await standingOf(client)
    if (isMember && !roleIsUnfenced) return worksAs(url)
    // Whoever owns the tables is bound by their policies too: they are forced.
    if (!unfenced) return url
  } finally {
    await client.end()
  }
  throw new CannotStart(
    `The user of DATABASE_URL passes row-level security by, and cannot work as the role ${runtimeRole}: ` +
      `let it create roles, or run "create role ${runtimeRole} nologin" and "grant ${runtimeRole} to" that user.`,
  )
}

function worksAs(url: string): string {
  const address = new URL(url)
  const former = address.searchParams.get('options')
  if (former?.includes(`role=${runtimeRole}`)) return url
  const options = `${former ? `${former} ` : ''}-c role=${runtimeRole}`
  // Spaces as %20: the driver takes a plus for a plus.
  const others = [...address.searchParams].filter(([name]) => name !== 'options')
  address.search = [...others, ['options', options]]
    .map(([name, value]) => `${encodeURIComponent(name as string)}=${encodeURIComponent(value as string)}`)
    .join('&')
  return address.href
}

async function standingOf(client: pg.ClientBase): Promise<Standing> {
  const { rows } = await client.query<Standing>(
    `select u.rolsuper or u.rolbypassrls as "unfenced", u.rolsuper or u.rolcreaterole as "mayMakeRoles",
       r.oid is not null as "roleIsThere", coalesce(r.rolsuper or r.rolbypassrls, false) as "roleIsUnfenced",
       coalesce(pg_has_role(u.oid, r.oid, case when current_setting('server_version_num')::int >= 160000
         then 'SET' else 'MEMBER' end), false) as "isMember"
     from pg_roles u left join pg_roles r on r.rolname = $1
     where u.rolname = session_user`,
    [runtimeRole],
  )
  return rows[0] as Standing
}

/** Roles belong to the whole cluster, so another database's start may do the same at this moment. */
async function unlessDone(client: pg.ClientBase, statement: string): Promise<void> {
  const attempts = 5
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(statement)
      return
    } catch (error) {
      const { code, message } = error as pg.DatabaseError
      if (code === '42710' || code === '23505') return
      if (!message.startsWith('tuple concurrently') || attempt === attempts) throw error
    }
  }
}

/**
 * On our tables and on the queue's. Only what is missing, because to grant what is granted rewrites the catalog under
 * those who work. The queue closes its own tables to everybody but their owner.
 */
const grants = `
do $$
declare
  missing regclass;
  place text;
begin
  foreach place in array array['public', 'graphile_worker'] loop
    if not has_schema_privilege('${runtimeRole}', place, 'usage') then
      execute format('grant usage on schema %I to ${runtimeRole}', place);
    end if;
    for missing in
      select oid from pg_class
      where relnamespace = place::regnamespace and relkind in ('r', 'p', 'v') and relname <> 'schema_migration'
        and not (has_table_privilege('${runtimeRole}', oid, 'select')
          and has_table_privilege('${runtimeRole}', oid, 'insert')
          and has_table_privilege('${runtimeRole}', oid, 'update')
          and has_table_privilege('${runtimeRole}', oid, 'delete'))
    loop
      execute format('grant select, insert, update, delete on table %s to ${runtimeRole}', missing);
    end loop;
    for missing in
      select oid from pg_class
      where relnamespace = place::regnamespace
        and case when relkind = 'S' then not has_sequence_privilege('${runtimeRole}', oid, 'usage') end
    loop
      execute format('grant usage, select on sequence %s to ${runtimeRole}', missing);
    end loop;
  end loop;
  if not has_table_privilege('${runtimeRole}', 'public.schema_migration', 'select') then
    grant select on public.schema_migration to ${runtimeRole};
  end if;
  for missing in
    select oid from pg_class
    where relnamespace = 'graphile_worker'::regnamespace and relrowsecurity
      and not exists (select from pg_policy where polrelid = pg_class.oid and polname = 'runtime')
  loop
    execute format('create policy runtime on %s to ${runtimeRole} using (true) with check (true)', missing);
  end loop;
end $$`
