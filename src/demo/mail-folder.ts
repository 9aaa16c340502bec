import { watch } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DemoFailure } from './client.js'

const patienceInMs = 15_000

/** The token in the newest mail to an address that is written to the folder, now or in a moment. */
export async function tokenMailedTo(email: string, mailFolder: string): Promise<string> {
  await mkdir(mailFolder, { recursive: true })
  return new Promise((resolve, reject) => {
    const watcher = watch(mailFolder, () => look())
    const timer = setTimeout(() => {
      watcher.close()
      reject(new DemoFailure(`The mail to ${email} was not written to ${mailFolder} in time.`))
    }, patienceInMs)
    const look = (): void => {
      newestTokenTo(email, mailFolder).then((token) => {
        if (!token) return
        clearTimeout(timer)
        watcher.close()
        resolve(token)
      }, reject)
    }
    look()
  })
}

async function newestTokenTo(email: string, mailFolder: string): Promise<string | null> {
  const names = (await readdir(mailFolder)).filter((file) => file.endsWith('.json'))
  for (const name of names.sort().reverse()) {
    const mail = JSON.parse(await readFile(join(mailFolder, name), 'utf8')) as { to: string; token: string | null }
    if (mail.to === email && mail.token) return mail.token
  }
  return null
}
