import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { Logger } from 'pino'
import { enqueue } from '../events/jobs.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { Secret } from '../kernel/secret.js'
import type { SealedPlace, SecretBox } from '../persistence/secret-box.js'
import type { Transaction } from '../persistence/unit-of-work.js'

export const sendMailTask = 'send-mail'

export interface Mail {
  to: string
  subject: string
  /** What sort of mail it is, such as invitation. */
  kind: string
  text: string
  /** Where its link leads; null when it has none. */
  link: string | null
  /** The token in the link; null when it has none. */
  token: string | null
}

/** What stands in the queue. */
export interface MailJob {
  id: string
  sealed: string
}

export interface MailerOptions {
  /** smtp://…; null: into the log and a folder. */
  url: string | null
  folder: string
  from: string
  box: SecretBox
  /** The transport's. */
  clock: Clock
  log: Logger
}

/**
 * Mails are sent by the worker, once what they tell of is committed. A mail holds tokens, so it waits sealed:
 * no secret stands in a job.
 */
export class Mailer {
  readonly #smtp: ReturnType<typeof createTransport> | null

  constructor(private readonly options: MailerOptions) {
    this.#smtp = options.url === null ? null : createTransport(options.url)
  }

  async post(transaction: Transaction<never>, mail: Mail): Promise<void> {
    const id = newId('mail')
    const sealed = this.options.box.seal(new Secret(JSON.stringify(mail)), placeOfMail(id))
    const payload: MailJob = { id, sealed }
    await enqueue(transaction, [{ task: sendMailTask, payload, maxAttempts: 20 }])
  }

  /** The worker's task. A mail may go out twice after a crash, and is then the same mail. */
  async deliver(payload: unknown): Promise<void> {
    const { id, sealed } = payload as MailJob
    const mail = JSON.parse(this.options.box.open(sealed, placeOfMail(id)).reveal()) as Mail
    if (this.#smtp) {
      const { to, subject, text } = mail
      await this.#smtp.sendMail({ from: this.options.from, to, subject, text, messageId: `<${id}@mail>` })
      this.options.log.info({ mail: id, kind: mail.kind }, 'mail sent')
      return
    }
    await this.#writeDown(id, mail)
  }

  /** For development: a file for each mail, named by time. */
  async #writeDown(id: string, mail: Mail): Promise<void> {
    const { folder, clock, log } = this.options
    await mkdir(folder, { recursive: true })
    const time = clock.now().toISOString().replaceAll(':', '-')
    const path = join(folder, `${time}-${id}.json`)
    // Under its name only when it is whole, because tests and people watch the folder.
    await writeFile(`${path}.part`, `${JSON.stringify(mail, null, 2)}\n`, { mode: 0o600 })
    await rename(`${path}.part`, path)
    log.info({ to: mail.to, subject: mail.subject, kind: mail.kind, file: path }, 'mail written')
  }
}

/** Where a link in a mail leads: below the address of a web client, whatever that ends with. */
export function linkBelow(base: string, page: string, token: string): string {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${page}/${token}`
  url.search = ''
  url.hash = ''
  return url.href
}

export function placeOfMail(id: string): SealedPlace {
  return { table: 'job', column: 'mail', id, providerId: '' }
}
