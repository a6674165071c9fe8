import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import {
  type Device,
  deviceNameSchema,
  devicePageSchema,
  devicePresenceSchema,
  deviceSchema,
  deviceSightingSchema,
  findingListSchema,
  retirementSchema,
  sightingPageSchema,
  sourceListSchema,
} from '../../protocol/api-devices.ts'
import { verdictSchema } from '../../protocol/attestation-result.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { sightingKindSchema } from '../../protocol/sighting.ts'
import type { ApiComponents } from './api-components.ts'
import { DEFAULT_LIMIT, page, pageQuery } from './paging.ts'
import { presenceOf } from './presence.ts'
import { type Route, route } from './route.ts'

const deviceParams = closed({ id: deviceIdSchema })
const sightingId = Type.String({ pattern: '^[0-9a-f]{32}$' })

/** Devices and what they said of themselves. */
export function deviceRoutes({ store, isConnected, actions, readResult, clock }: ApiComponents): readonly Route[] {
  const deviceOf = (id: string): Device => {
    const device = store.device(id)
    if (device === undefined) throw unknownDevice(id)
    const { result, ...rest } = device
    return {
      ...rest,
      ...presenceOf(device, isConnected),
      ...(result === undefined ? {} : { result: readResult(result, clock.now()) }),
    }
  }
  return [
    route({
      method: 'GET',
      path: '/devices',
      operationId: 'listDevices',
      summary: 'Devices, by id: with a verdict, connected or silent, called by a host name or the beginning of an id',
      query: pageQuery(
        {
          verdict: Type.Optional(verdictSchema),
          presence: Type.Optional(devicePresenceSchema),
          named: Type.Optional(deviceNameSchema),
        },
        deviceIdSchema,
      ),
      response: devicePageSchema,
      answer: ({ query: { limit, cursor, verdict, presence, named } }) =>
        page(
          limit,
          (count) => store.devices({ after: cursor, limit: count, verdict, presence, named, isConnected }, clock.now()),
          ({ id }) => id,
        ),
    }),
    route({
      method: 'GET',
      path: '/devices/{id}',
      operationId: 'getDevice',
      summary: 'One device: verdict with reasons, findings, inventory, head of its chain',
      params: deviceParams,
      response: deviceSchema,
      answer: ({ params: { id } }) => deviceOf(id),
    }),
    route({
      method: 'POST',
      path: '/devices/{id}/retire',
      operationId: 'retireDevice',
      summary: 'Refuse the device from now on; it comes back only when a human lets it enrol anew',
      params: deviceParams,
      body: retirementSchema,
      response: deviceSchema,
      async answer({ params: { id }, body: { reason }, administrator }) {
        await actions.retireDevice({ device: id, reason }, administrator.id)
        return deviceOf(id)
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/findings',
      operationId: 'listFindings',
      summary: 'Current findings, each with the time of its first failure',
      params: deviceParams,
      response: findingListSchema,
      answer({ params: { id } }) {
        if (!store.hasDevice(id)) throw unknownDevice(id)
        return { items: [...store.findings(id)] }
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/sightings',
      operationId: 'listSightings',
      summary:
        'Agents, extensions, MCP servers, model runtimes and files of agents on the device: those there, or those gone',
      params: deviceParams,
      query: pageQuery(
        {
          kind: Type.Optional(sightingKindSchema),
          state: Type.Optional(words('present', 'gone')),
        },
        sightingId,
      ),
      response: sightingPageSchema,
      answer({ params: { id }, query: { limit = DEFAULT_LIMIT, cursor, kind, state } }) {
        if (!store.hasDevice(id)) throw unknownDevice(id)
        const { items, more } = store.sightings(id, { after: cursor, limit, kind, state })
        const last = items.at(-1)
        return more && last !== undefined ? { items: [...items], next: last.sighting.id } : { items: [...items] }
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/sightings/{sighting}',
      operationId: 'getSighting',
      summary: 'One sighting as the device told it, of an agent with the graph of its processes; also once it is gone',
      params: closed({ id: deviceIdSchema, sighting: sightingId }),
      response: deviceSightingSchema,
      answer({ params: { id, sighting } }) {
        if (!store.hasDevice(id)) throw unknownDevice(id)
        const found = store.sighting(id, sighting)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no sighting ${sighting} on ${id}`)
        return found
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/sources',
      operationId: 'listSources',
      summary: 'Where was looked, and what could not be read',
      params: deviceParams,
      response: sourceListSchema,
      answer({ params: { id } }) {
        if (!store.hasDevice(id)) throw unknownDevice(id)
        return { items: [...store.sources(id)] }
      },
    }),
  ]
}

export function unknownDevice(id: string): SuretyError {
  return new SuretyError('DEVICE_UNKNOWN', `there is no device ${id}`)
}
