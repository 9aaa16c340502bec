import { Migration20261123000000_fence } from './Migration20261123000000_fence.js'
import { Migration20261124000000_tables } from './Migration20261124000000_tables.js'

/** All migrations, in the order in which they run. */
export const migrations = [Migration20261123000000_fence, Migration20261124000000_tables]
