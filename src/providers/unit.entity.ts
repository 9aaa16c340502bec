import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByProviderAndItsConsumers } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

/** What is counted. Each provider has `transactions`; its own start with x-. */
export const Unit = defineEntity({
  name: 'Unit',
  tableName: 'unit',
  ...fencedByProviderAndItsConsumers(),
  properties: {
    ...tenantKey,
    name: p.string(),
    title: p.string(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'name'] }],
})
export type UnitRow = InferEntity<typeof Unit>
