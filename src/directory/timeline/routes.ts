import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, Type } from '../../base/schema.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { mayDo } from '../../protocol/noun/permissions.ts'
import { deviceDifferenceSchema, timelinePageSchema } from '../../protocol/nouns/devices/timeline.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceQueries } from '../devices/device-store.ts'
import { DEFAULT_LIMIT, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import { type DifferenceStore, differenceOf } from './difference.ts'
import { timelineOf } from './timeline.ts'

interface TimelineRoutesComponents {
  readonly store: DifferenceStore & { readonly devices: Pick<DeviceQueries, 'view'> }
  readonly clock: Pick<Clock, 'now'>
}

const params = closed({ id: deviceIdSchema })
/** Milliseconds since 1970. */
const time = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000 })

export function timelineRoutes({ store, clock }: TimelineRoutesComponents): readonly Route[] {
  const deviceOf = async (id: string) => {
    const device = await store.devices.view(id)
    if (device === undefined) throw unknownDevice(id)
    return device
  }
  return [
    route({
      method: 'GET',
      path: '/devices/{id}/timeline',
      operationId: 'getDeviceTimeline',
      action: 'view',
      summary:
        'What happened on a device, newest first: events, checks that changed, agents, warnings; and what is not known',
      params,
      query: pageQuery({ since: Type.Optional(time), until: Type.Optional(time) }),
      response: timelinePageSchema,
      async answer({ params: { id }, query, principal }) {
        const { since = 0, until = Number.MAX_SAFE_INTEGER, limit = DEFAULT_LIMIT, cursor } = query
        if (since >= until) throw new SuretyError('INPUT_MALFORMED', 'since must be before until')
        const withEvents = mayDo(principal.role, 'audit')
        return timelineOf(store.timeline, await deviceOf(id), { since, until, limit, cursor, withEvents })
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/difference',
      operationId: 'getDeviceDifference',
      action: 'view',
      summary:
        'What differs on a device between two times: checks, agents, MCP servers and extensions, components; and what is not known',
      params,
      query: closed({ from: time, to: Type.Optional(time) }),
      response: deviceDifferenceSchema,
      async answer({ params: { id }, query: { from, to = clock.now() } }) {
        if (from >= to) throw new SuretyError('INPUT_MALFORMED', 'from must be before to')
        return differenceOf(store, await deviceOf(id), { from, to })
      },
    }),
  ]
}
