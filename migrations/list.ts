import { Migration20261124000000_tables } from './Migration20261124000000_tables.js'

/** All migrations, in the order in which they run. */
export const migrations = [Migration20261124000000_tables]
