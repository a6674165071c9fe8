import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import { stopIdSchema } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import {
  createdStopSchema,
  type Person,
  STOP_DEVICE_STATES,
  STOP_STATES,
  stopConfirmationSchema,
  stopDevicePageSchema,
  stopPageSchema,
  stopReleaseSchema,
  stopRequestSchema,
  stopViewSchema,
} from '../../protocol/nouns/agents/stops.ts'
import { cursorNumbers, DEFAULT_LIMIT, page, pageOf, pageQuery } from '../http/paging.ts'
import { Reply, type Route, route } from '../http/route.ts'
import type { StopDevicesPage } from './stop-store.ts'
import type { Stops } from './stops.ts'

const params = closed({ id: stopIdSchema })

export function stopRoutes({ stops }: { readonly stops: Stops }): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/stops',
      operationId: 'createStop',
      action: 'stop',
      summary: 'Freeze or retire agents, order a drill, or say what would stop (dryRun: 200 and no stop)',
      body: stopRequestSchema,
      status: 201,
      response: createdStopSchema,
      creates: true,
      async answer({ body, principal, commit }) {
        const created = await stops.create(body, personOf(principal), commit)
        return created.stop === undefined ? new Reply({ status: 200, headers: {}, body: created }) : created
      },
    }),
    route({
      method: 'GET',
      path: '/stops',
      operationId: 'listStops',
      action: 'audit',
      summary: 'Stops and drills, newest first, filtered by state and by beginning of the id',
      query: pageQuery({
        state: Type.Optional(words(...STOP_STATES)),
        named: Type.Optional(Type.String({ minLength: 8, maxLength: 64 })),
      }),
      response: stopPageSchema,
      answer({ query: { limit, cursor, state, named } }) {
        const [before] = cursorNumbers(cursor, 1) ?? []
        const { items, next } = page(
          limit,
          (count) => stops.list({ before, limit: count, state, beginning: named }),
          ({ number }) => `${number}`,
        )
        return { items: items.map(({ number: _, ...stop }) => stop), ...(next === undefined ? {} : { next }) }
      },
    }),
    route({
      method: 'GET',
      path: '/stops/{id}',
      operationId: 'getStop',
      action: 'audit',
      summary: 'One stop, with how many devices have answered what',
      params,
      response: stopViewSchema,
      answer: ({ params: { id } }) => stops.get(id),
    }),
    route({
      method: 'GET',
      path: '/stops/{id}/devices',
      operationId: 'listStopDevices',
      action: 'audit',
      summary: 'Devices in the scope of a stop with their receipts, unreachable and failed ones first',
      params,
      query: pageQuery({ state: Type.Optional(words(...STOP_DEVICE_STATES)) }),
      response: stopDevicePageSchema,
      answer({ params: { id }, query: { limit = DEFAULT_LIMIT, cursor, state } }) {
        const found = stops.devices(id, { limit, state, after: positionOf(cursor) })
        return pageOf(found, (last) => `${last.state}.${last.device}`)
      },
    }),
    route({
      method: 'POST',
      path: '/stops/{id}/confirm',
      operationId: 'confirmStop',
      action: 'stop',
      summary: 'Confirm a stop or a release that another person asked for',
      params,
      body: stopConfirmationSchema,
      response: stopViewSchema,
      answer: ({ params: { id }, body: { what }, principal }) => stops.confirm(id, what, personOf(principal)),
    }),
    route({
      method: 'POST',
      path: '/stops/{id}/release',
      operationId: 'releaseStop',
      action: 'stop',
      summary: 'Release a stop, or withdraw one that waits. A release may wait for a second person',
      params,
      body: stopReleaseSchema,
      response: stopViewSchema,
      answer: ({ params: { id }, body: { reason }, principal }) => stops.release(id, reason, personOf(principal)),
    }),
  ]
}

function personOf({ id, name }: Principal): Person {
  return { id, name }
}

/** @throws `INPUT_MALFORMED`. */
function positionOf(cursor: string | undefined): StopDevicesPage['after'] {
  if (cursor === undefined) return undefined
  const dot = cursor.indexOf('.')
  const state = STOP_DEVICE_STATES.find((one) => one === cursor.slice(0, dot))
  if (state !== undefined) return { state, device: cursor.slice(dot + 1) }
  throw new SuretyError('INPUT_MALFORMED', 'the cursor is not one of this list')
}
