import { hash } from 'node:crypto'

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The same seed and place make the same id, so the same commands make the same journal. */
export function idAt(seed: string, place: number | string, prefix: string, length: number): string {
  const digest = hash('sha256', `${seed}:${place}`, 'buffer')
  let id = prefix
  for (let at = 0; at < length; at++) id += letters[(digest[at % 32] as number) % 62]
  return id
}

export function tokenAt(seed: string, place: number | string): string {
  return hash('sha256', `${seed}:token:${place}`, 'hex').slice(0, 32)
}

/** Between 0 and 1. */
export function chanceAt(seed: string, place: number): number {
  return hash('sha256', `${seed}:chance:${place}`, 'buffer').readUInt32BE() / 2 ** 32
}
