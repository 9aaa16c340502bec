import { mkdirSync, watch } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface WrittenMail {
  to: string
  subject: string
  kind: string
  text: string
  link: string | null
  token: string | null
}

const patienceInMs = 45_000

/** The mails that the backend has written. */
export class Mailbox {
  readonly #taken = new Set<string>()

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true })
  }

  /** The next mail to that address that was not taken yet, now or when it comes. */
  async next(to: string, kind?: string): Promise<WrittenMail> {
    const changes = watch(this.folder)
    try {
      const changed = () => new Promise<void>((resolve) => changes.once('change', () => resolve()))
      const deadline = AbortSignal.timeout(patienceInMs)
      const late = new Promise<null>((resolve) => deadline.addEventListener('abort', () => resolve(null)))
      while (!deadline.aborted) {
        // Asked for before looking, so that what comes in between is not missed.
        const news = changed()
        const found = await this.#find(to, kind)
        if (found) return found
        await Promise.race([news, late])
      }
      throw new Error(`No mail came to ${to}${kind ? ` of kind ${kind}` : ''}.`)
    } finally {
      changes.close()
    }
  }

  async all(): Promise<WrittenMail[]> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.json')).sort()
    return Promise.all(names.map((name) => this.#read(name)))
  }

  async #find(to: string, kind: string | undefined): Promise<WrittenMail | null> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.json') && !this.#taken.has(name))
    for (const name of names.sort()) {
      const mail = await this.#read(name)
      if (mail.to !== to || (kind !== undefined && mail.kind !== kind)) continue
      this.#taken.add(name)
      return mail
    }
    return null
  }

  async #read(name: string): Promise<WrittenMail> {
    return JSON.parse(await readFile(join(this.folder, name), 'utf8')) as WrittenMail
  }
}
