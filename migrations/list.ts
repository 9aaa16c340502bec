import { Migration20261124000000_tables } from './Migration20261124000000_tables.js'
import { Migration20261126000000_fence } from './Migration20261126000000_fence.js'
import { Migration20261126112249_fenced } from './Migration20261126112249_fenced.js'

/** All migrations, in the order in which they run. */
export const migrations = [
  Migration20261124000000_tables,
  Migration20261126000000_fence,
  Migration20261126112249_fenced,
]
