import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { closed, reader, Type } from '../../base/schema.ts'
import { printable } from '../../base/text/printable.ts'
import type { ConfigOrigin } from '../../config/layers.ts'
import type { WaitingSettings } from '../../protocol/messages/control.ts'
import type { Health } from '../health/health.ts'
import { type StateFileComponents, stateFile } from '../state/state-file.ts'

/**
 * Compares the settings in use with those that are set now. Settings are read at the start only, and a device management may change
 * them at any time. Where a service manager starts the daemon again, it ends and comes back with them.
 */
export interface SettingsWatch {
  /** Called again and again. Two calls must see the same change before it is applied: sources are written in steps. */
  check(): Promise<void>
  /** What is set now and not in use. */
  waiting(): Promise<WaitingSettings | undefined>
}

export interface SettingsWatchComponents {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly health: Pick<Health, 'raise' | 'clear'>
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Reads the settings as a daemon would that starts now. @throws `CONFIG_INVALID`. */
  readonly read: () => readonly ConfigOrigin[]
  /** Whether a daemon would start with what was read last. @throws `CONFIG_INVALID`, `STORE_FAILED`. */
  readonly requireUsable: () => Promise<void>
  /** Ends the daemon so that its service manager starts it again. Absent where none does. */
  readonly restart?: (() => void) | undefined
  /** Work is under way that a restart would interrupt. */
  readonly isBusy: () => boolean
}

export interface SettingsWatchInit {
  readonly stateFolder: string
  readonly inUse: readonly ConfigOrigin[]
}

/** After a restart for changed settings: a source that changes back and forth must not keep the daemon from its work. */
const HOLD_MS = 10 * 60_000
/** The state of the daemon lies at these places, and others find it there. Its stops would be left behind. */
const BY_HAND: readonly string[] = ['stateFolder', 'socket']
const MOST_NAMED = 4
/** The warning has room for 200 characters of particulars. */
const MOST_CHARACTERS = 180

/** @throws as `openRestartRecord`. */
export async function openSettingsWatch(
  components: SettingsWatchComponents,
  init: SettingsWatchInit,
): Promise<SettingsWatch> {
  const { clock, log } = components
  const onSetAside = (path: string, cause: unknown) =>
    log.error('damaged state file set aside', { path, reason: describeError(cause) })
  const record = await openRestartRecord({ clock, onSetAside }, init)
  return new Watch(components, init, record)
}

interface Seen {
  readonly waiting?: WaitingSettings | undefined
  /** The same for the same change; empty without one that could be applied. */
  readonly key: string
}

class Watch implements SettingsWatch {
  readonly #components: SettingsWatchComponents
  readonly #init: SettingsWatchInit
  readonly #record: RestartRecord
  readonly #startedAt: number
  #last = ''
  #said = ''

  constructor(components: SettingsWatchComponents, init: SettingsWatchInit, record: RestartRecord) {
    this.#components = components
    this.#init = init
    this.#record = record
    this.#startedAt = components.clock.monotonic()
  }

  async waiting(): Promise<WaitingSettings | undefined> {
    return (await this.#look()).waiting
  }

  async check(): Promise<void> {
    const { health } = this.#components
    await this.#endHold()
    const { waiting, key } = await this.#look()
    const before = this.#last
    this.#last = key
    if (waiting?.state !== 'refused') health.clear('SETTINGS_REFUSED')
    if (waiting === undefined || waiting.state === 'refused') health.clear('SETTINGS_CHANGED')
    if (waiting === undefined) return this.#say('')
    if (waiting.state === 'refused') {
      const text = `${printable(waiting.reason ?? '').slice(0, MOST_CHARACTERS)}.`
      health.raise('SETTINGS_REFUSED', text)
      return this.#say(text)
    }
    if (waiting.state === 'by-itself') {
      // A change that is applied at the next look needs no warning.
      if (before === '') return
      if (before === key && (await this.#restart(waiting.settings))) return
    }
    const text = wordsFor(waiting)
    health.raise('SETTINGS_CHANGED', text)
    this.#say(text)
  }

  /** @returns whether the daemon ends now. */
  async #restart(names: readonly string[]): Promise<boolean> {
    const { isBusy, restart, log } = this.#components
    if (restart === undefined || this.#record.isSet || isBusy()) return false
    try {
      await this.#record.set()
    } catch (error) {
      log.error('not started again for changed settings', { reason: describeError(error) })
      return false
    }
    // While the disk was busy, an order may have come.
    if (isBusy()) {
      await this.#record.remove()
      return false
    }
    log.info('suretyd ends to start again with other settings', { settings: names.join(', ') })
    restart()
    return true
  }

  async #endHold(): Promise<void> {
    const { clock, log } = this.#components
    if (!this.#record.isSet || clock.monotonic() - this.#startedAt < HOLD_MS) return
    await this.#record.remove().catch((error: unknown) => {
      log.error('the record of a restart cannot be removed', { reason: describeError(error) })
    })
  }

  async #look(): Promise<Seen> {
    const { read, requireUsable, restart } = this.#components
    try {
      const now = read()
      const changed = now.filter(({ key, value }) => this.#inUse(key) !== value)
      if (changed.length === 0) return { key: '' }
      const settings = changed.map(({ key }) => key)
      // What takes longer than reading is asked for only when it matters.
      await requireUsable()
      const byHand = restart === undefined || settings.some((key) => BY_HAND.includes(key))
      const key = JSON.stringify(changed.map((one) => [one.key, one.value]))
      return { waiting: { state: byHand ? 'by-hand' : 'by-itself', settings }, key }
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error
      return { waiting: { state: 'refused', settings: [], reason: error.message.slice(0, 1000) }, key: '' }
    }
  }

  #inUse(key: string): string | undefined {
    return this.#init.inUse.find((one) => one.key === key)?.value
  }

  #say(text: string): void {
    if (text !== this.#said && text !== '')
      this.#components.log.warn('the settings are not those in use', { reason: text })
    this.#said = text
  }
}

function wordsFor({ settings, state }: WaitingSettings): string {
  const names = settings.slice(0, MOST_NAMED)
  const more = settings.length - names.length
  const changed = `Changed: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
  return `${changed} ${state === 'by-itself' ? 'They are applied within minutes.' : 'Restart suretyd.'}`
}

/** Says over a restart that it was for changed settings: `settings-restart.json` of the state folder is there, or it is not. */
interface RestartRecord {
  /** The record is there. */
  readonly isSet: boolean
  /** Durable once resolved. @throws `STORE_FAILED`. */
  set(): Promise<void>
  remove(): Promise<void>
}

const FILE = 'settings-restart.json'
const recordReader = reader(closed({ schema: Type.Literal('surety/settings-restart@1') }), { name: FILE })

/** A damaged record is set aside and counts as none. @throws `STORE_FAILED`, `FILE_UNREADABLE`. */
async function openRestartRecord(
  components: StateFileComponents,
  { stateFolder }: { readonly stateFolder: string },
): Promise<RestartRecord> {
  const file = stateFile(components, { folder: stateFolder, name: FILE, reader: recordReader })
  let isSet = (await file.read()) !== undefined
  return {
    get isSet() {
      return isSet
    },
    async set() {
      await file.write({ schema: 'surety/settings-restart@1' })
      isSet = true
    },
    async remove() {
      await rm(join(stateFolder, FILE), { force: true })
      isSet = false
    },
  }
}
