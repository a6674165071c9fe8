import { SuretyError } from '../../base/errors.ts'
import { DEVICE_ID } from '../../protocol/ids.ts'
import { apiAnswer, countedPageOf } from '../../protocol/noun/answers.ts'
import { DEVICE } from '../../protocol/noun/words.ts'
import { type DeviceSummary, deviceSummarySchema } from '../../protocol/nouns/devices/devices.ts'
import { queryOf } from '../command/command-line.ts'
import type { ApiClient } from '../connection/api-client.ts'

const pageReader = apiAnswer(countedPageOf(deviceSummarySchema), 'list of devices')

const WHOLE_ID = new RegExp(DEVICE_ID)
const MAX_NAME = 256
/** As many as are named where more than one is meant. */
const CANDIDATES = 5

const ID_START = /^dev_.{4}/

/** What `deviceIdOf` takes, for help pages. */
export const DEVICE_WORDS = DEVICE

/**
 * The id of the device that a person means. A name of active devices does not mean a retired one.
 *
 * @throws `DEVICE_UNKNOWN` where it may be none or more than one: any device may call itself what it likes.
 */
export async function deviceIdOf(api: ApiClient, wanted: string): Promise<string> {
  if (WHOLE_ID.test(wanted)) return wanted
  const [only, ...others] = await devicesNamed(api, wanted)
  const shown = JSON.stringify(wanted.slice(0, 64))
  if (only === undefined) {
    const names = wanted.startsWith('dev_') ? 'id that begins with' : 'id, host name, serial number or owner'
    const hint = `${hintFor(wanted)}List them with: surety-directory devices list`
    throw new SuretyError('DEVICE_UNKNOWN', `no device has the ${names} ${shown}. ${hint}`)
  }
  if (others.length > 0) {
    const all = [only, ...others].slice(0, CANDIDATES).map(({ id, status, owner }) => `${id} (${status}, of ${owner})`)
    const more = others.length >= CANDIDATES ? ' and more' : ''
    throw new SuretyError('DEVICE_UNKNOWN', `${shown} may be ${all.join(', ')}${more}: give its id`)
  }
  return only.id
}

function hintFor(wanted: string): string {
  return wanted.startsWith('dev_') && !ID_START.test(wanted) ? 'Give at least eight characters. ' : ''
}

async function devicesNamed(api: ApiClient, named: string): Promise<readonly DeviceSummary[]> {
  if (named === '' || named.length > MAX_NAME) return []
  const ask = async (status: 'active' | 'all') =>
    (await api.ask('GET', `/devices${queryOf({ named, status, limit: CANDIDATES + 1 })}`, pageReader)).items
  // An active device that calls itself like the id of a retired one does not take its place.
  const active = ID_START.test(named) ? [] : await ask('active')
  return active.length > 0 ? active : ask('all')
}
