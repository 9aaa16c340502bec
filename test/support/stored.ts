import pg from 'pg'

/** All that a database holds, table by table, as a dump would have it. */
export async function everythingStored(databaseUrl: string): Promise<string> {
  return connected(databaseUrl, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema') order by 1`)
    const texts: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string }>(
        `select row_to_json(stored)::text as text from ${name} stored`,
      )
      texts.push(name, ...rows.map(({ text }) => text))
    }
    return texts.join('\n')
  })
}

/** From now on jobs leave a copy of themselves, which stays when they are done. */
export async function rememberJobs(databaseUrl: string): Promise<void> {
  await connected(databaseUrl, (client) =>
    client.query(`
      create table public.remembered_job (payload text, last_error text);
      create function public.remember_job() returns trigger language plpgsql security definer as $$
      begin
        insert into public.remembered_job values (new.payload::text, new.last_error);
        return new;
      end $$;
      create trigger remember_job after insert or update on graphile_worker._private_jobs
      for each row execute function public.remember_job()`),
  )
}

/** Somebody's hand in the database: one value of one row is not what it was. */
export async function whenDamaged(databaseUrl: string, table: string, column: string, id: string): Promise<void> {
  await connected(databaseUrl, (client) =>
    client.query(`update ${table} set ${column} = left(${column}, -4) || 'AAAA' where id = $1`, [id]),
  )
}

async function connected<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
