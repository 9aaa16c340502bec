import pg from 'pg'

export type Row = Readonly<Record<string, unknown>> & { readonly id: string }

/** The table of each type that can be found by an id. */
const tables: Readonly<Record<string, string>> = {
  AccessRequest: 'access_request',
  ApiResource: 'api_resource',
  Application: 'application',
  Asset: 'asset',
  AuditEntry: 'audit_entry',
  BillingIntegration: 'billing_integration',
  ConsumerOrganization: 'consumer_organization',
  Credential: 'credential',
  GatewayToken: 'gateway_token',
  Invitation: 'invitation',
  Invoice: 'invoice',
  Marketplace: 'marketplace',
  Membership: 'membership',
  Plan: 'plan',
  Product: 'product',
  ProductSubscription: 'product_subscription',
  Provider: 'provider',
  ProviderInvitation: 'provider_invitation',
  ProviderMembership: 'provider_membership',
  Publication: 'publication',
  Quota: 'quota',
  Unit: 'unit',
  User: 'user_account',
}
const ties = ['plan_visibility', 'product_asset', 'asset_release', 'released_resource', 'quota_resource'] as const

/** An object, and whose it is; as the tables have it, whoever may see it. */
export interface Fact {
  readonly type: string
  readonly id: string
  readonly row: Row
  readonly providerId: string | null
  readonly marketplaceId: string | null
  readonly organizationId: string | null
}

/** All that there is, read past every fence. */
export class Facts {
  readonly #byId: ReadonlyMap<string, Fact>

  private constructor(
    readonly all: readonly Fact[],
    private readonly tied: Readonly<Record<(typeof ties)[number], readonly Row[]>>,
  ) {
    this.#byId = new Map(all.map((fact) => [fact.id, fact]))
  }

  static async of(databaseUrl: string): Promise<Facts> {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    try {
      const read = async (table: string): Promise<Row[]> =>
        (await client.query<{ row: Row }>(`select to_jsonb(t) as row from ${table} t order by 1`)).rows.map(
          ({ row }) => row,
        )
      const all: Fact[] = []
      for (const [type, table] of Object.entries(tables))
        all.push(...(await read(table)).map((row) => factOf(type, row)))
      const tied = {} as Record<(typeof ties)[number], Row[]>
      for (const table of ties) tied[table] = await read(table)
      return new Facts(all, tied)
    } finally {
      await client.end()
    }
  }

  of(id: string): Fact {
    const fact = this.#byId.get(id)
    if (!fact) throw new Error(`There is no ${id} in the tables.`)
    return fact
  }

  ofType(type: string): Fact[] {
    return this.all.filter((fact) => fact.type === type)
  }

  where(type: string, column: string, value: unknown): Row[] {
    return this.ofType(type)
      .map(({ row }) => row)
      .filter((row) => row[column] === value)
  }

  tiesOf(table: (typeof ties)[number]): readonly Row[] {
    return this.tied[table]
  }
}

function factOf(type: string, row: Row): Fact {
  const own = (column: string, itself: string) => (type === itself ? row.id : ((row[column] as string | null) ?? null))
  return {
    type,
    id: row.id,
    row,
    providerId: own('provider_id', 'Provider'),
    marketplaceId: own('marketplace_id', 'Marketplace'),
    organizationId: own('organization_id', 'ConsumerOrganization'),
  }
}
