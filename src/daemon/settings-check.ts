import { SuretyError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { printable } from '../base/printable.ts'
import type { ConfigOrigin } from '../config/layers.ts'
import type { Health } from './health/health.ts'

export interface SettingsCheckComponents {
  readonly health: Pick<Health, 'raise' | 'clear'>
  readonly log: Pick<Log, 'warn'>
  /** Reads the settings as a daemon would that starts now. @throws `CONFIG_INVALID`. */
  readonly read: () => readonly ConfigOrigin[]
}

const MOST_NAMED = 4
/** The warning has room for 200 characters of particulars. */
const MOST_CHARACTERS = 180

/**
 * Compares the settings in use with those that are set now, and warns of a difference. Settings are read at the start only, and a device
 * management may change them at any time. A setting that the daemon would refuse at its next start is reported now.
 */
export function settingsCheck(components: SettingsCheckComponents, inUse: readonly ConfigOrigin[]): () => void {
  const { health, log, read } = components
  let said = ''
  const say = (text: string) => {
    if (text !== said && text !== '') log.warn('the settings are not those in use', { reason: text })
    said = text
  }
  return () => {
    let now: readonly ConfigOrigin[]
    try {
      now = read()
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error
      health.clear('SETTINGS_CHANGED')
      health.raise('SETTINGS_REFUSED', `${printable(error.message).slice(0, MOST_CHARACTERS)}.`)
      say(error.message)
      return
    }
    health.clear('SETTINGS_REFUSED')
    const changed = now.filter(({ key, value }) => inUse.find((one) => one.key === key)?.value !== value)
    if (changed.length === 0) {
      health.clear('SETTINGS_CHANGED')
      say('')
      return
    }
    const names = changed.slice(0, MOST_NAMED).map(({ key }) => key)
    const more = changed.length - names.length
    const text = `Changed: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
    health.raise('SETTINGS_CHANGED', text)
    say(text)
  }
}
