import { Migrator } from '@mikro-orm/migrations'
import type { Options } from '@mikro-orm/postgresql'

/** Where migrations live and how they run: each in a transaction of its own. */
export const migrationOptions: Pick<Options, 'extensions' | 'migrations'> = {
  extensions: [Migrator],
  migrations: {
    path: new URL('../../migrations', import.meta.url).pathname,
    tableName: 'schema_migration',
    snapshotName: '.snapshot',
    // Beside the migrations stands their list.
    glob: 'Migration*.ts',
    emit: 'ts',
    allOrNothing: false,
    fileName: (timestamp: string, name?: string) => `Migration${timestamp}${name ? `_${name}` : ''}`,
  },
}
