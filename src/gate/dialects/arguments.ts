import { SuretyError } from '../../base/errors.ts'
import { parseUnambiguousJson } from '../../base/json.ts'
import { asObject, memberOf } from '../../base/json-object.ts'

/** The arguments of a tool call, and the member of the document that has them. */
export interface Given {
  readonly value: unknown
  readonly place: string
}

export const MOST_COMMAND_CHARACTERS = 1024 * 1024
/** As much as the hook takes from a client. */
const JSON_LIMITS = { maxBytes: 10 * 1024 * 1024, maxDepth: 64 }
const MOST_PATH_CHARACTERS = 4096
const MOST_URL_CHARACTERS = 8192

/** An own member. Undefined also for null. */
export function argument({ value }: Given, member: string): unknown {
  return memberOf(asObject(value), member) ?? undefined
}

/** The message has the member and never its value. */
export function malformed({ place }: Given, member: string, what: string): SuretyError {
  return new SuretyError('INPUT_MALFORMED', `${place}.${member} ${what}`)
}

export function textArgument(given: Given, member: string, mostCharacters: number): string {
  return checkedText(argument(given, member), given, member, mostCharacters)
}

/** Undefined if it is missing or empty: some clients send an empty text for the folder. */
export function pathArgument(given: Given, member: string): string | undefined {
  const value = argument(given, member)
  return value === undefined || value === '' ? undefined : checkedPath(value, given, member)
}

export function checkedPath(value: unknown, given: Given, member: string): string {
  const path = checkedText(value, given, member, MOST_PATH_CHARACTERS)
  if (path === '' || path.includes('\0')) throw malformed(given, member, 'must be a path')
  return path
}

/** The host of an address, in lower case and without port. */
export function checkedHost(value: unknown, given: Given, member: string): string {
  const host = hostOf(checkedText(value, given, member, MOST_URL_CHARACTERS))
  if (host === undefined) throw malformed(given, member, 'must be an address with a host')
  return host
}

const MOST_HOST_CHARACTERS = 253

/** Undefined for what is no address, or one without a host that DNS could have. */
export function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const host = new URL(url).hostname.toLowerCase().replace(/\.$/, '')
  return host === '' || host.length > MOST_HOST_CHARACTERS ? undefined : host.replace(/^\[(.*)\]$/, '$1')
}

/**
 * Some clients send the arguments as a text of JSON. A text that is none is an argument itself.
 *
 * @throws `INPUT_MALFORMED` also where the client could read something else than we do, such as two members of one name.
 */
export function parsedArguments(value: unknown, place: string): unknown {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return value
  try {
    return parseUnambiguousJson(value, JSON_LIMITS)
  } catch (error) {
    throw new SuretyError('INPUT_MALFORMED', `${place}: ${error instanceof SuretyError ? error.message : 'not JSON'}`)
  }
}

function checkedText(value: unknown, given: Given, member: string, mostCharacters: number): string {
  if (value === undefined) throw malformed(given, member, 'is missing')
  if (typeof value !== 'string') throw malformed(given, member, 'must be a text')
  if (value.length > mostCharacters) throw malformed(given, member, `must have at most ${mostCharacters} characters`)
  if (!value.isWellFormed()) throw malformed(given, member, 'must be well-formed Unicode')
  return value
}
