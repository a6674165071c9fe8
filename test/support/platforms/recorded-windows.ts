import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer } from '../../../src/system/facts/background.ts'
import type { WindowsFactsAddon } from '../../../src/system/facts/windows.ts'
import type { WindowsProfile } from '../../../src/system/users/windows.ts'

/** A machine with Windows as data: what the addon would answer there. See `test/fixtures/windows/README.md` for the sources. */
export interface RecordedWindows {
  /** By key, then by name. A number is a DWORD, a text a REG_SZ. A key without values is an empty object. */
  readonly registry: Readonly<Record<string, Readonly<Record<string, RecordedValue>>>>
  /** By namespace, then by class: rows, or the number of an error. A namespace that is not here does not exist. */
  readonly wmi: Readonly<Record<string, Readonly<Record<string, readonly Row[] | number>>>>
  /** What methods answer, by `Class.Method`, then by the key of the instance. */
  readonly methods: Readonly<Record<string, Readonly<Record<string, Row | number>>>>
  /** Variables in hexadecimal digits, or the number of the error of each question. */
  readonly firmware: Readonly<Record<string, string>> | number
  /** As the addon answers, or below zero the number of an error. */
  readonly tpm: number
  readonly updates: Recorded
  readonly accounts: Recorded
  /** SIDs. */
  readonly administrators: readonly string[] | number | 'silent'
  readonly profiles: readonly WindowsProfile[] | number
  /** What PowerShell prints for the policy of AppLocker. */
  readonly appLocker?: string
}

export type Row = Readonly<Record<string, unknown>>
type RecordedValue = number | string | { readonly type: number; readonly hex: string }
/** An answer, the number of an error, or silence. */
type Recorded = object | number | 'silent' | { readonly text: string }

const NO_NAMESPACE = 0x8004_100e
const NO_CLASS = 0x8004_1010
const NO_INSTANCE = 0x8004_1002
const NO_VARIABLE = 203

/** A machine that answers nothing. */
export const NO_WINDOWS: RecordedWindows = {
  registry: {},
  wmi: {},
  methods: {},
  firmware: 1,
  tpm: 0,
  updates: 'silent',
  accounts: 'silent',
  administrators: 'silent',
  profiles: [],
}

export function recordedMachine(name: string): RecordedWindows {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/windows/machines', `${name}.json`), 'utf8'))
}

/** The addon on that machine. */
export function recordedWindows(machine: RecordedWindows): WindowsFactsAddon {
  const keys = Object.keys(machine.registry)
  const keyNamed = (root: number, path: string) => {
    const wanted = `${root === 0 ? 'HKLM' : 'HKU'}${path === '' ? '' : `\\${path}`}`.toLowerCase()
    return { wanted, exact: keys.find((key) => key.toLowerCase() === wanted) }
  }
  return {
    registryRead(root, path, name) {
      const { exact } = keyNamed(root, path)
      const values = exact === undefined ? undefined : machine.registry[exact]
      const found = Object.keys(values ?? {}).find((one) => one.toLowerCase() === name.toLowerCase())
      return found === undefined ? undefined : encoded(values?.[found] ?? '')
    },
    registryKeys(root, path) {
      const { wanted, exact } = keyNamed(root, path)
      const below = keys
        .filter((key) => key.toLowerCase().startsWith(`${wanted}\\`))
        .map((key) => key.slice(wanted.length + 1).split('\\')[0] ?? '')
      return exact === undefined && below.length === 0 ? undefined : [...new Set(below)]
    },
    registryValues(root, path) {
      const { exact } = keyNamed(root, path)
      const values = exact === undefined ? undefined : machine.registry[exact]
      return values && Object.entries(values).map(([name, value]) => ({ name, ...encoded(value) }))
    },
    wmiQuery(namespace, query, _within, callback) {
      const classes = machine.wmi[namespace]
      const [, name = '', property, value] = /^SELECT \* FROM (\w+)(?: WHERE (\w+)='(\w+)')?$/.exec(query) ?? []
      const rows = classes?.[name] ?? NO_CLASS
      if (classes === undefined) later(callback, NO_NAMESPACE)
      else if (typeof rows === 'number') later(callback, rows)
      else
        later(
          callback,
          rows.filter((row) => property === undefined || row[property] === value),
        )
    },
    wmiCall(_namespace, name, path, method, _within, callback) {
      const key = JSON.parse(path.slice(path.indexOf('=') + 1))
      later(callback, machine.methods[`${name}.${method}`]?.[key] ?? NO_INSTANCE)
    },
    firmwareVariable(name, _guid, bytes) {
      if (typeof machine.firmware === 'number') throw addonError('firmwareVariable', machine.firmware)
      const hex = machine.firmware[name]
      if (hex === undefined) throw addonError('firmwareVariable', NO_VARIABLE)
      bytes.set(Buffer.from(hex, 'hex'))
      return hex.length / 2
    },
    tpmVersion() {
      if (machine.tpm < 0) throw addonError('tpmVersion', -machine.tpm)
      return machine.tpm
    },
    pendingUpdates: (callback) => later(callback, machine.updates),
    localAccounts: (callback) => later(callback, machine.accounts),
    userAdministrators: async () => await settled(machine.administrators),
    userProfiles: async () => await settled(machine.profiles),
  }
}

/** As the addon throws it. */
export function addonError(call: string, number: number): Error {
  const text = number < 65_536 ? String(number) : `0x${number.toString(16).toUpperCase().padStart(8, '0')}`
  return Object.assign(new Error(`error ${text}`), { code: call })
}

/** A change of a machine: members of the registry and of lists by name; undefined removes one. */
export function changed(machine: RecordedWindows, change: Change): RecordedWindows {
  // The change has the form of a machine.
  return merged(machine, change) as RecordedWindows
}

export type Change = { readonly [K in keyof RecordedWindows]?: unknown }

function merged(base: unknown, change: unknown): unknown {
  const isPlain = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isPlain(base) || !isPlain(change)) return change
  const result = { ...(base as Row) }
  for (const [name, value] of Object.entries(change as Row)) {
    if (value === undefined) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

function later(callback: Answer, answer: unknown): void {
  setImmediate(() => {
    if (answer === 'silent') return
    if (typeof answer === 'number') callback(answer, '')
    else if (typeof answer === 'object' && answer !== null && 'text' in answer) callback(0, String(answer.text))
    else callback(0, JSON.stringify(answer))
  })
}

async function settled<T>(answer: T | number | 'silent'): Promise<T> {
  if (answer === 'silent') return await new Promise(() => undefined)
  if (typeof answer === 'number') throw addonError('NetLocalGroupGetMembers', answer)
  // What is left of these three.
  return answer as T
}

function encoded(value: RecordedValue): { readonly type: number; readonly bytes: Uint8Array } {
  if (typeof value === 'string') return { type: 1, bytes: Buffer.from(`${value}\0`, 'utf16le') }
  if (typeof value !== 'number') return { type: value.type, bytes: Buffer.from(value.hex, 'hex') }
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return { type: 4, bytes }
}
