import { createCipheriv, createDecipheriv, createHash, type DecipherGCM, hkdfSync, randomBytes } from 'node:crypto'
import { Secret } from '../kernel/secret.js'

const format = 'v1'
const ivBytes = 12
const tagBytes = 16

/** Where a sealed value stands. It opens nowhere else, so it cannot be copied to another row or tenant. */
export interface SealedPlace {
  table: string
  column: string
  id: string
  providerId: string
}

interface Key {
  id: string
  bytes: Buffer
}

/**
 * Seals secrets at rest with AES-256-GCM: `v1|key id|iv|ciphertext|tag`, bound to their place. The newest key
 * seals; older ones still open.
 */
export class SecretBox {
  readonly #keys: readonly Key[]

  /** @param keys newest first, 32 bytes each; at least one */
  constructor(keys: readonly Buffer[]) {
    if (keys.length === 0) throw new Error('A secret box needs a key.')
    this.#keys = keys.map((key) => {
      if (key.length !== 32) throw new Error('An encryption key has 32 bytes.')
      // A subkey for this purpose alone, so that the same key can serve others.
      const bytes = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'secrets at rest', 32))
      return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, 8), bytes }
    })
  }

  seal(secret: Secret, place: SealedPlace): string {
    const key = this.#keys[0] as Key
    const iv = randomBytes(ivBytes)
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv)
    cipher.setAAD(bindingOf(place))
    const ciphertext = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()])
    return [format, key.id, ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join(
      '|',
    )
  }

  /** @throws when the value was sealed elsewhere, was changed, or its key is not among ours. */
  open(sealed: string, place: SealedPlace): Secret {
    const [version, keyId, iv, ciphertext, tag] = sealed.split('|')
    const key = this.#keys.find((candidate) => candidate.id === keyId)
    if (version !== format || !key || !iv || ciphertext === undefined || !tag) {
      throw new Error('A sealed value cannot be opened: its format or its key is unknown. See ENCRYPTION_KEYS.')
    }
    const [vector, authTag] = [Buffer.from(iv, 'base64url'), Buffer.from(tag, 'base64url')]
    if (vector.length !== ivBytes || authTag.length !== tagBytes) {
      throw new Error('A sealed value cannot be opened: it was changed.')
    }
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, vector)
    decipher.setAAD(bindingOf(place))
    decipher.setAuthTag(authTag)
    return new Secret(finished(decipher, Buffer.from(ciphertext, 'base64url')))
  }

  /** Whether the newest key sealed it; if not, it wants to be sealed anew. */
  isCurrent(sealed: string): boolean {
    return sealed.split('|')[1] === this.#keys[0]?.id
  }

  /** The same secret for the same place, by the newest key. @throws when it cannot be opened there */
  sealAnew(sealed: string, place: SealedPlace): string {
    return this.seal(this.open(sealed, place), place)
  }
}

function bindingOf({ table, column, id, providerId }: SealedPlace): Buffer {
  return Buffer.from([table, column, id, providerId].join('|'))
}

function finished(decipher: DecipherGCM, ciphertext: Buffer): string {
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new Error('A sealed value cannot be opened: it was changed, or was sealed to another place.', { cause })
  }
}
