import { sql } from 'kysely'
import type { SealedPlace, SecretBox } from './secret-box.js'
import { system } from './tenant-scope.js'
import type { UnitOfWork } from './unit-of-work.js'

/** A sealed value, where it is kept. */
export interface SealedValue {
  readonly place: SealedPlace
  readonly sealed: string
  /** Puts another in its stead, unless somebody else was quicker. */
  replace(sealed: string): Promise<void>
}

/** Where sealed values are kept. */
export interface SealedStore {
  /** What people call it. */
  readonly name: string
  /** All that are there, by batches. */
  values(): AsyncIterable<readonly SealedValue[]>
}

export interface Resealed {
  readonly store: string
  /** Values that another key had sealed, and the newest has now. */
  renewed: number
  /** Values that the newest key had sealed already. */
  current: number
  /** Where values stand that none of the keys opens. */
  readonly lost: SealedPlace[]
}

/**
 * Seals everything anew that the newest key has not sealed. Each value is exchanged by itself and only if it is still the
 * one that was read, so it may be broken off and begun again, and others may read and write meanwhile.
 */
export async function reseal(box: SecretBox, stores: readonly SealedStore[]): Promise<Resealed[]> {
  const outcomes: Resealed[] = []
  for (const store of stores) {
    const outcome: Resealed = { store: store.name, renewed: 0, current: 0, lost: [] }
    for await (const batch of store.values()) {
      for (const value of batch) await renew(box, value, outcome)
    }
    outcomes.push(outcome)
  }
  return outcomes
}

async function renew(box: SecretBox, { sealed, place, replace }: SealedValue, outcome: Resealed): Promise<void> {
  if (box.isCurrent(sealed)) {
    outcome.current += 1
    return
  }
  const anew = sealedAnew(box, sealed, place)
  if (anew === null) {
    outcome.lost.push(place)
    return
  }
  await replace(anew)
  outcome.renewed += 1
}

/** Null where no key opens it: it is told by its place, and the rest goes on. */
function sealedAnew(box: SecretBox, sealed: string, place: SealedPlace): string | null {
  try {
    return box.sealAnew(sealed, place)
  } catch {
    return null
  }
}

const batch = 500

/** A column of a tenant's table, whose values are bound to their row. */
export function sealedColumn(unitOfWork: UnitOfWork<never>, table: string, column: string): SealedStore {
  const [from, sealedIn] = [sql.table(table), sql.ref(column)]
  return {
    name: `${table}.${column}`,
    async *values() {
      let after = ''
      for (;;) {
        const { rows } = await sql<{ id: string; provider_id: string; sealed: string }>`
          select id, provider_id, ${sealedIn} as sealed from ${from}
          where id > ${after} and ${sealedIn} is not null order by id limit ${batch}`.execute(
          unitOfWork.reading(system).kysely,
        )
        yield rows.map(({ id, provider_id: providerId, sealed }) => ({
          place: { table, column, id, providerId },
          sealed,
          async replace(anew: string) {
            const exchange = sql`update ${from} set ${sealedIn} = ${anew}
              where id = ${id} and provider_id = ${providerId} and ${sealedIn} = ${sealed}`
            await unitOfWork.run(system, ({ kysely }) => exchange.execute(kysely))
          },
        }))
        if (rows.length < batch) return
        after = (rows.at(-1) as { id: string }).id
      }
    },
  }
}
