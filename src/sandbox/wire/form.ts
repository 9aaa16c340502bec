import { invalid, StripeError } from '../ledger/stripe-error.js'

/** Brackets make groups; whether a group is a list or a hash is for the parameter to say. */
export type FormValue = string | FormGroup
export interface FormGroup {
  [key: string]: FormValue
}

const mostFields = 20_000
const deepest = 8

export function parseForm(encoded: string): FormGroup {
  const form = newGroup()
  if (encoded === '') return form
  const fields = encoded.split('&')
  if (fields.length > mostFields) throw new StripeError(413, 'Your request has too many parameters.')
  for (const field of fields) {
    if (field === '') continue
    const equals = field.indexOf('=')
    const name = decode(equals < 0 ? field : field.slice(0, equals))
    const value = equals < 0 ? '' : decode(field.slice(equals + 1))
    place(form, pathOf(name), value, name)
  }
  return form
}

// Without a prototype, so that a parameter cannot be called like something that every object has.
function newGroup(): FormGroup {
  return Object.create(null) as FormGroup
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw invalid('Your request could not be read: it is not properly percent-encoded UTF-8.')
  }
}

function pathOf(name: string): string[] {
  const open = name.indexOf('[')
  if (open < 0) return [name]
  const rest = name.slice(open)
  if (open === 0 || !/^(\[[^[\]]*\])+$/.test(rest)) {
    throw invalid(`Invalid parameter name: ${name.slice(0, 100)}`, { param: name.slice(0, 100) })
  }
  const path = [name.slice(0, open), ...rest.slice(1, -1).split('][')]
  if (path.length > deepest) throw invalid(`Parameters are nested too deeply: ${name.slice(0, 100)}`)
  return path
}

function place(form: FormGroup, path: string[], value: string, name: string): void {
  let group = form
  for (const key of path.slice(0, -1)) {
    const place = key === '' ? String(Object.keys(group).length) : key
    const inner = group[place] ?? newGroup()
    group[place] = inner
    if (typeof inner === 'string') throw conflicting(name)
    group = inner
  }
  const last = path[path.length - 1] as string
  const place = last === '' ? String(Object.keys(group).length) : last
  if (typeof group[place] === 'object') throw conflicting(name)
  group[place] = value
}

function conflicting(name: string): StripeError {
  return invalid(`Invalid parameter: ${name} is given both as a value and as a group.`, { param: name })
}
