import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { ConfigOrigin } from '../../config/layers.ts'
import { parseCron } from './cron.ts'

/**
 * Checks every schedule before anything is opened.
 *
 * @throws `CONFIG_INVALID`, naming the setting and the file, variable or flag that gave it.
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
