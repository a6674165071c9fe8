import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { ConfigOrigin } from '../../config/layers.ts'
import { parseCron } from './cron.ts'

/**
 * Reads each schedule before anything is opened.
 *
 * @throws `CONFIG_INVALID`, naming who gave it and the setting, as for any other that does not fit.
 */
export function requireSchedules(entries: readonly ConfigOrigin[]): void {
  for (const { key, value, place = 'default' } of entries) {
    if (!key.startsWith('schedules.')) continue
    try {
      parseCron(value)
    } catch (cause) {
      if (codeOf(cause) !== 'CONFIG_INVALID') throw cause
      throw new SuretyError('CONFIG_INVALID', `${place}: ${key}: ${describeError(cause)}`)
    }
  }
}
