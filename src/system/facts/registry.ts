import { codeOf, SuretyError } from '../../base/errors.ts'
import { windowsErrorOf } from './windows-error.ts'
import type { Registry, RegistryKey } from './windows-facts.ts'

/** See `native/windows/registry.c`. Roots: 0 is HKEY_LOCAL_MACHINE, 1 is HKEY_USERS. */
export interface WindowsRegistryAddon {
  registryRead(
    root: number,
    key: string,
    name: string,
  ): { readonly type: number; readonly bytes: Uint8Array } | undefined
  registryKeys(root: number, key: string): readonly string[] | undefined
}

/** Types of values in winnt.h. */
const TEXT = 1
const EXPANDABLE_TEXT = 2
const DWORD = 4
const QWORD = 11

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
  }
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
