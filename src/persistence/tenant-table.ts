import { p } from '@mikro-orm/postgresql'

/**
 * The key of every row that belongs to a tenant. The provider is part of it so that the tables can be
 * distributed by tenant (Citus wants the distribution column in every unique key) and so that a reference
 * between tables can never cross providers.
 */
export const tenantKey = {
  id: p.string().primary(),
  providerId: p.string().primary(),
}

/** An instant, to the millisecond, which is all that JavaScript can hold. */
export const instant = () => p.datetime(3)
