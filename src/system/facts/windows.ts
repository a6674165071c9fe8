import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { type PowerShell, powerShell } from '../program/powershell.ts'
import { USERS_FUNCTIONS, type WindowsUsersAddon } from '../users/windows.ts'
import { type Answer, type Background, background, notFound } from './background.ts'
import { REGISTRY_FUNCTIONS, type WindowsRegistryAddon, windowsRegistry } from './registry.ts'
import { windowsErrorOf } from './windows-error.ts'
import type {
  AskOptions,
  PendingUpdate,
  PendingUpdates,
  WindowsAccount,
  WindowsFacts,
  WmiRow,
} from './windows-facts.ts'

/** See `native/windows/addon/facts/wmi.c`, `firmware.c`, `updates.c` and `accounts.c`. Each callback is called once, later or never. */
export interface WindowsFactsAddon extends WindowsRegistryAddon, WindowsUsersAddon {
  wmiQuery(namespace: string, query: string, withinMs: number, callback: Answer): void
  wmiCall(namespace: string, name: string, path: string, method: string, withinMs: number, callback: Answer): void
  firmwareVariable(name: string, guid: string, bytes: Uint8Array): number
  tpmVersion(): number
  pendingUpdates(callback: Answer): void
  localAccounts(callback: Answer): void
}

export const WINDOWS_FACTS_FUNCTIONS: readonly (keyof WindowsFactsAddon)[] = [
  ...REGISTRY_FUNCTIONS,
  ...(['wmiQuery', 'wmiCall', 'firmwareVariable', 'tpmVersion'] as const),
  ...(['pendingUpdates', 'localAccounts'] as const),
  ...USERS_FUNCTIONS,
]

export interface WindowsFactsComponents {
  readonly addon: WindowsFactsAddon
  readonly clock: Pick<Clock, 'sleep' | 'monotonic'>
  /** For tests; else PowerShell itself. */
  readonly shell?: PowerShell
}

/** EFI_GLOBAL_VARIABLE of the UEFI specification. */
const GLOBAL = '{8BE4DF61-93CA-11D2-AA0D-00E098032B8C}'
const MOST_VARIABLE_BYTES = 64
const INVALID_FUNCTION = 1
const NO_VARIABLE = 203
const NOT_ALL_ASSIGNED = 1300
const PRIVILEGE_NOT_HELD = 1314
const MODULE_NOT_FOUND = 126
/** E_FAIL of winerror.h. */
const UNSPECIFIED = 0x8000_4005
/** A search takes seconds, on some machines minutes. */
const UPDATES_KEPT_MS = 60 * 60 * 1000

/** Fully trusted text: constant, and what it prints is the policy alone. */
const APP_LOCKER = 'Get-AppLockerPolicy -Effective -Xml'

export function windowsFacts({ addon, clock, shell }: WindowsFactsComponents): WindowsFacts {
  const ask: Background = background({ clock })
  const updates = new KeptAnswer<PendingUpdates>({ clock }, { keptMs: UPDATES_KEPT_MS })
  const registry = windowsRegistry(addon)
  return {
    registry,
    async query(namespace, query, options) {
      const what = `WMI (${namespace})`
      const start = (callback: Answer) => addon.wmiQuery(namespace, query, options.timeoutMs, callback)
      const rows = await ask(what, start, { ...options, question: `${namespace} ${query}` })
      return rows === notFound ? undefined : rowsOf(rows, what)
    },
    async call(instance, method, options) {
      const [name, value] = instance.key
      const path = `${instance.class}.${name}="${value.replace(/[\\"]/g, '\\$&')}"`
      const what = `WMI (${instance.class}.${method})`
      const start = (callback: Answer) =>
        addon.wmiCall(instance.namespace, instance.class, path, method, options.timeoutMs, callback)
      const row = await ask(what, start, { ...options, question: `${instance.namespace} ${path} ${method}` })
      if (row === notFound) throw new SuretyError('COMMAND_ABSENT', `${what}: there is no such method or instance`)
      return rowOf(row, what)
    },
    firmwareVariable: (name) => readVariable(addon, name),
    tpmVersion: () => readTpmVersion(addon),
    pendingUpdates: async (options) =>
      await updates.get(async () => {
        const what = 'Windows Update'
        // The search continues after the check's own deadline: its answer is for the next look.
        const unbounded = { signal: new AbortController().signal, timeoutMs: UPDATES_KEPT_MS }
        const answer = await ask(what, (callback) => addon.pendingUpdates(callback), unbounded)
        return updatesOf(answer, what)
      }, options),
    async accounts(options) {
      const what = 'the list of accounts'
      return rowsOf(await ask(what, (callback) => addon.localAccounts(callback), options), what).flatMap(accountOf)
    },
    async administrators(options) {
      const all = Promise.all([addon.userAdministrators(), addon.userProfiles()])
      const answered = (callback: Answer) =>
        void all.then(
          (answer) => callback(0, JSON.stringify(answer)),
          (error: unknown) => callback(windowsErrorOf(error) ?? UNSPECIFIED, ''),
        )
      const answer = await ask('the group Administrators', answered, options)
      // What we have just written.
      const [members, profiles] = answer as Awaited<typeof all>
      const names = new Map(profiles.map(({ userId, name }) => [userId, name]))
      return members.map((sid) => ({ sid, ...member('name', names.get(sid) || undefined) }))
    },
    async appLockerPolicy(options) {
      const systemRoot = registry.text('HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion', 'SystemRoot')
      if (systemRoot === undefined) throw new SuretyError('COMMAND_ABSENT', 'Windows does not name its own folder')
      return await (shell ?? powerShell({ systemRoot })).run(APP_LOCKER, options)
    },
  }
}

function readVariable(addon: WindowsFactsAddon, name: string): Uint8Array | 'no-uefi' | 'absent' {
  const bytes = new Uint8Array(MOST_VARIABLE_BYTES)
  try {
    return bytes.slice(0, addon.firmwareVariable(name, GLOBAL, bytes))
  } catch (cause) {
    const number = windowsErrorOf(cause)
    if (number === INVALID_FUNCTION) return 'no-uefi'
    if (number === NO_VARIABLE) return 'absent'
    if (number === NOT_ALL_ASSIGNED || number === PRIVILEGE_NOT_HELD) {
      throw new SuretyError('NOT_PERMITTED', 'only administrators may read variables of UEFI', { cause })
    }
    throw new SuretyError('COMMAND_FAILED', `the variable ${name} of UEFI could not be read`, { cause })
  }
}

function readTpmVersion(addon: WindowsFactsAddon): 'none' | '1.2' | '2.0' {
  let version: number
  try {
    version = addon.tpmVersion()
  } catch (cause) {
    const isAbsent = windowsErrorOf(cause) === MODULE_NOT_FOUND
    throw new SuretyError(isAbsent ? 'COMMAND_ABSENT' : 'COMMAND_FAILED', 'TPM Base Services did not answer', { cause })
  }
  if (version === 0) return 'none'
  if (version === 1) return '1.2'
  if (version === 2) return '2.0'
  throw new SuretyError('COMMAND_FAILED', `TPM Base Services named the version ${version}, which is not known`)
}

function rowsOf(answer: unknown, what: string): readonly WmiRow[] {
  if (!Array.isArray(answer)) throw new SuretyError('COMMAND_FAILED', `${what} gave no list`)
  return answer.map((row) => rowOf(row, what))
}

function rowOf(answer: unknown, what: string): WmiRow {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new SuretyError('COMMAND_FAILED', `${what} gave no object`)
  }
  // An object of JSON.parse.
  return answer as WmiRow
}

function updatesOf(answer: unknown, what: string): PendingUpdates {
  const { updates, searched } = rowOf(answer, what)
  const searchedMs = dateOf(searched)
  return { updates: rowsOf(updates, what).map(updateOf), ...member('searchedMs', searchedMs) }
}

function updateOf({ title, severity, categories, published }: WmiRow): PendingUpdate {
  const ids = Array.isArray(categories) ? categories.map((one) => (one as { id?: unknown } | null)?.id) : []
  return {
    title: typeof title === 'string' ? title : 'an update without a title',
    ...member('severity', typeof severity === 'string' && severity !== '' ? severity : undefined),
    categories: ids.filter((id) => typeof id === 'string').map((id) => id.toLowerCase()),
    ...member('publishedMs', dateOf(published)),
  }
}

const DAY_MS = 24 * 60 * 60 * 1000
/** 1970-01-01 in days since 1899-12-30, from which COM counts. */
const EPOCH_DAYS = 25_569

/** 0 stands for "never". */
function dateOf(days: unknown): number | undefined {
  if (typeof days !== 'number' || days < EPOCH_DAYS) return undefined
  const time = Math.round((days - EPOCH_DAYS) * DAY_MS)
  return Number.isSafeInteger(time) ? time : undefined
}

/** Flags of lmaccess.h. */
const DISABLED = 0x2
const NO_PASSWORD = 0x20

function accountOf({ name, rid, flags }: WmiRow): readonly WindowsAccount[] {
  if (typeof name !== 'string' || typeof rid !== 'number' || typeof flags !== 'number') return []
  return [{ name, rid, isDisabled: (flags & DISABLED) !== 0, needsNoPassword: (flags & NO_PASSWORD) !== 0 }]
}

/** An answer that takes long: asked for once at a time, kept for a while, and waited for no longer than the caller wants. */
export class KeptAnswer<T> {
  readonly #clock: Pick<Clock, 'sleep' | 'monotonic'>
  readonly #keptMs: number
  #kept: { readonly value: T; readonly atMs: number } | undefined
  #running: Promise<T> | undefined

  constructor({ clock }: { readonly clock: Pick<Clock, 'sleep' | 'monotonic'> }, { keptMs }: { keptMs: number }) {
    this.#clock = clock
    this.#keptMs = keptMs
  }

  /** @throws the error of `ask`, which is not cached; `COMMAND_TIMED_OUT` if `ask` takes too long; the signal's reason. */
  async get(ask: () => Promise<T>, { signal, timeoutMs }: AskOptions): Promise<T> {
    const kept = this.#kept
    if (kept !== undefined && this.#clock.monotonic() - kept.atMs < this.#keptMs) return kept.value
    this.#running ??= this.#ask(ask)
    const ended = new AbortController()
    const late = this.#clock.sleep(timeoutMs, { signal: AbortSignal.any([signal, ended.signal]) }).then(() => {
      throw new SuretyError('COMMAND_TIMED_OUT', 'the answer takes longer; the next look will have it')
    })
    try {
      return await Promise.race([this.#running, late])
    } finally {
      ended.abort()
    }
  }

  async #ask(ask: () => Promise<T>): Promise<T> {
    try {
      const value = await ask()
      this.#kept = { value, atMs: this.#clock.monotonic() }
      return value
    } finally {
      this.#running = undefined
    }
  }
}
