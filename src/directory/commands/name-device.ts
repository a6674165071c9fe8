import { SuretyError } from '../../base/errors.ts'
import { type DeviceSummary, devicePageReader } from '../../protocol/api-devices.ts'
import { DEVICE_ID } from '../../protocol/ids.ts'
import type { ApiClient } from './api-client.ts'
import { queryOf } from './command-line.ts'

const WHOLE_ID = new RegExp(DEVICE_ID)
const MAX_NAME = 256
/** As many as are named where more than one is meant. */
const CANDIDATES = 5

/**
 * The id of the device that a person means: its id, the beginning of it, or its host name.
 *
 * @throws `DEVICE_UNKNOWN` where it may be none or more than one: any device may call itself what it likes.
 */
export async function deviceIdOf(api: ApiClient, wanted: string): Promise<string> {
  if (WHOLE_ID.test(wanted)) return wanted
  const [only, ...others] = await devicesNamed(api, wanted)
  const shown = JSON.stringify(wanted.slice(0, 64))
  if (only === undefined) {
    const rule = 'give the host name, or at least eight characters of the id'
    const hint = `${rule}. List them with: surety-directory devices list`
    throw new SuretyError('DEVICE_UNKNOWN', `no device has the host name ${shown}, and no id begins so; ${hint}`)
  }
  if (others.length > 0) {
    const all = [only, ...others].slice(0, CANDIDATES).map(({ id, status, owner }) => `${id} (${status}, of ${owner})`)
    const more = others.length >= CANDIDATES ? ' and more' : ''
    throw new SuretyError('DEVICE_UNKNOWN', `${shown} may be ${all.join(', ')}${more}: give its id`)
  }
  return only.id
}

async function devicesNamed(api: ApiClient, named: string): Promise<readonly DeviceSummary[]> {
  if (named === '' || named.length > MAX_NAME) return []
  const path = `/devices${queryOf({ named, limit: CANDIDATES + 1 })}`
  return (await api.ask('GET', path, devicePageReader)).items
}
