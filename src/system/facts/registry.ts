import { codeOf, SuretyError } from '../../base/errors.ts'
import { windowsErrorOf } from './windows-error.ts'
import type { Registry, RegistryKey, RegistryValue } from './windows-facts.ts'

/** See `native/windows/addon/facts/registry.c`. Roots: 0 is HKEY_LOCAL_MACHINE, 1 is HKEY_USERS. */
export interface WindowsRegistryAddon {
  registryRead(
    root: number,
    key: string,
    name: string,
  ): { readonly type: number; readonly bytes: Uint8Array } | undefined
  registryKeys(root: number, key: string): readonly string[] | undefined
  registryValues(
    root: number,
    key: string,
  ): readonly { readonly name: string; readonly type: number; readonly bytes: Uint8Array }[] | undefined
}

export const REGISTRY_FUNCTIONS = ['registryRead', 'registryKeys', 'registryValues'] as const

/** Types of values in winnt.h. */
const TEXT = 1
const EXPANDABLE_TEXT = 2
const DWORD = 4
const MULTIPLE_TEXTS = 7
const QWORD = 11
const TYPE_NAMES: Readonly<Record<number, string>> = {
  0: 'REG_NONE',
  [TEXT]: 'REG_SZ',
  [EXPANDABLE_TEXT]: 'REG_EXPAND_SZ',
  3: 'REG_BINARY',
  [DWORD]: 'REG_DWORD',
  [MULTIPLE_TEXTS]: 'REG_MULTI_SZ',
  [QWORD]: 'REG_QWORD',
}

const ACCESS_DENIED = 5
const TOO_LARGE = 223

export function windowsRegistry(addon: WindowsRegistryAddon): Registry {
  const read = (key: RegistryKey, name: string) => {
    const [root, path] = split(key)
    return told(key, () => addon.registryRead(root, path, name))
  }
  return {
    number(key, name) {
      const value = read(key, name)
      return value && numberOf(value, `${key}\\${name}`)
    },
    text(key, name) {
      const value = read(key, name)
      return value && textOf(value, `${key}\\${name}`)
    },
    keys(key) {
      const [root, path] = split(key)
      return told(key, () => addon.registryKeys(root, path))
    },
    values(key) {
      const [root, path] = split(key)
      return told(key, () => addon.registryValues(root, path))?.map(({ name, ...value }) => ({
        name,
        type: TYPE_NAMES[value.type] ?? `type ${value.type}`,
        data: dataOf(value, `${key}\\${name}`),
      }))
    },
  }
}

function dataOf(value: Value, name: string): RegistryValue['data'] {
  if (value.type === TEXT) return textOf(value, name)
  if (value.type === DWORD || value.type === QWORD) return numberOf(value, name)
  return value.type === MULTIPLE_TEXTS ? textsOf(value, name) : undefined
}

function split(key: RegistryKey): readonly [root: number, path: string] {
  const at = key.indexOf('\\')
  return [key.startsWith('HKU') ? 1 : 0, at === -1 ? '' : key.slice(at + 1)]
}

function told<T>(key: RegistryKey, ask: () => T): T {
  try {
    return ask()
  } catch (cause) {
    const number = windowsErrorOf(cause)
    if (number === undefined || codeOf(cause) !== undefined) throw cause
    if (number === TOO_LARGE) throw new SuretyError('FILE_TOO_LARGE', `${key}: more than is read`, { cause })
    const reason = number === ACCESS_DENIED ? 'access denied' : `error ${number}`
    throw new SuretyError('FILE_UNREADABLE', `${key}: ${reason}`, { cause })
  }
}

interface Value {
  readonly type: number
  readonly bytes: Uint8Array
}

function numberOf({ type, bytes }: Value, name: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (type === DWORD && bytes.length === 4) return view.getUint32(0, true)
  const large = type === QWORD && bytes.length === 8 ? view.getBigUint64(0, true) : undefined
  if (large !== undefined && large <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(large)
  throw new SuretyError('INPUT_MALFORMED', `${name} is no number (type ${type}, ${bytes.length} bytes)`)
}

/** Programs may store it without its NUL, or with several. */
function textOf({ type, bytes }: Value, name: string): string {
  if ((type === TEXT || type === EXPANDABLE_TEXT) && bytes.length % 2 === 0) {
    const text = Buffer.from(bytes).toString('utf16le').replace(/\0+$/, '')
    if (!text.includes('\0')) return text
  }
  throw new SuretyError('INPUT_MALFORMED', `${name} is no text (type ${type}, ${bytes.length} bytes)`)
}

/** Each text ends in NUL, and the list in one more; programs may leave out the last. */
function textsOf({ bytes }: Value, name: string): readonly string[] {
  if (bytes.length % 2 !== 0) throw new SuretyError('INPUT_MALFORMED', `${name} is no list of texts`)
  const text = Buffer.from(bytes).toString('utf16le').replace(/\0+$/, '')
  return text === '' ? [] : text.split('\0')
}
