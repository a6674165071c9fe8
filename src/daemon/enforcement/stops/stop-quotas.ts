import { SuretyError } from '../../../base/errors.ts'
import { MAX_LOCAL_STOPS, MAX_STOPS, MAX_STOPS_OF_USER, type StandingStop } from './stops-file.ts'

/**
 * What users stop takes no room from the directory, nor from root. The total of users bounds one who has many user ids, such as
 * those of rootless containers.
 *
 * @throws `QUOTA_EXCEEDED` where one more than these would be too many.
 */
export function requireRoom(others: readonly StandingStop[], { origin, userId }: StandingStop): void {
  if (origin === 'directory') {
    if (others.filter((other) => other.origin === 'directory').length >= MAX_STOPS)
      throw new SuretyError('QUOTA_EXCEEDED', `more than ${MAX_STOPS} stops of the directory: release some`)
    return
  }
  const local = others.filter((other) => other.origin === 'local')
  if (local.filter((other) => other.userId === userId).length >= MAX_STOPS_OF_USER)
    throw new SuretyError(
      'QUOTA_EXCEEDED',
      `${MAX_STOPS_OF_USER} stops of yours are in force here, and a user has no more. Release one with: surety release AGENT, or all with: surety release`,
    )
  if (userId !== undefined && local.filter((other) => other.userId !== undefined).length >= MAX_LOCAL_STOPS)
    throw new SuretyError(
      'QUOTA_EXCEEDED',
      `${MAX_LOCAL_STOPS} stops of users are in force here, and a device has no more. Root or an administrator releases all with: surety release`,
    )
}
