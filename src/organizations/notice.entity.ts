import { defineEntity, p } from '@mikro-orm/postgresql'
import { systemOnly } from '../persistence/policies.js'
import { instant } from '../persistence/tenant-table.js'

/** What people were told by mail of its own accord, written with the mail: so it is told once. */
export const Notice = defineEntity({
  name: 'Notice',
  tableName: 'notice',
  ...systemOnly(),
  properties: {
    providerId: p.string().primary(),
    /** What it is about: an invoice, a product subscription. */
    subjectId: p.string().primary(),
    kind: p.string().primary(),
    /** Which of several times, where it may happen again; else empty. */
    occasion: p.string().primary(),
    postedAt: instant(),
  },
})
