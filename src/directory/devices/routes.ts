import type { Clock } from '../../base/clock.ts'
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
  labellingSchema,
  retirementSchema,
  sightingPageSchema,
  sourceListSchema,
} from '../../protocol/api-devices.ts'
import { verdictSchema } from '../../protocol/attestation-result.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { sightingKindSchema } from '../../protocol/sighting.ts'
import { readResult } from '../appraisal/result.ts'
import { DEFAULT_LIMIT, page, pageOf, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import { unknownDevice } from './device.ts'
import type { DeviceQueries, FindingQueries, SightingQueries, SourceQueries } from './device-store.ts'
import type { Devices } from './devices.ts'
import { presenceOf } from './presence.ts'

export interface DeviceRoutesComponents {
  readonly store: {
    readonly devices: DeviceQueries
    readonly findings: FindingQueries
    readonly sightings: SightingQueries
    readonly sources: SourceQueries
  }
  readonly devices: Devices
  readonly isConnected: (device: string) => boolean
  readonly clock: Pick<Clock, 'now'>
}

const deviceParams = closed({ id: deviceIdSchema })
const sightingId = Type.String({ pattern: '^[0-9a-f]{32}$' })

/** Devices and what they report. */
export function deviceRoutes({ store, devices, isConnected, clock }: DeviceRoutesComponents): readonly Route[] {
  const deviceOf = (id: string): Device => {
    const device = store.devices.view(id)
    if (device === undefined) throw unknownDevice(id)
    const { result, ...rest } = device
    return {
      ...rest,
      ...presenceOf(device, isConnected),
      ...(result === undefined ? {} : { result: readResult(result, clock.now()) }),
    }
  }
  const requireDevice = (id: string) => {
    if (!store.devices.has(id)) throw unknownDevice(id)
  }
  return [
    route({
      method: 'GET',
      path: '/devices',
      operationId: 'listDevices',
      action: 'view',
      summary: 'Devices by id, filtered by verdict, by presence, or by host name or beginning of the id',
      query: pageQuery(
        {
          verdict: Type.Optional(verdictSchema),
          presence: Type.Optional(devicePresenceSchema),
          named: Type.Optional(deviceNameSchema),
        },
        deviceIdSchema,
      ),
      response: devicePageSchema,
      answer({ query: { limit, cursor, verdict, presence, named } }) {
        const filters = { verdict, presence, named, isConnected }
        return page(
          limit,
          (count) => store.devices.list({ after: cursor, limit: count, ...filters }, clock.now()),
          ({ id }) => id,
        )
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}',
      operationId: 'getDevice',
      action: 'view',
      summary: 'One device: verdict with reasons, findings, inventory, head of its chain',
      params: deviceParams,
      response: deviceSchema,
      answer: ({ params: { id } }) => deviceOf(id),
    }),
    route({
      method: 'POST',
      path: '/devices/{id}/retire',
      operationId: 'retireDevice',
      action: 'operate',
      summary: 'Refuse the device from now on. It returns only if a human approves a re-enrolment',
      params: deviceParams,
      body: retirementSchema,
      response: deviceSchema,
      answer({ params: { id }, body: { reason }, principal }) {
        devices.retire(id, reason, principal.id)
        return deviceOf(id)
      },
    }),
    route({
      method: 'POST',
      action: 'configure',
      path: '/devices/{id}/labels',
      operationId: 'labelDevice',
      summary: 'Set or remove labels, by which a policy groups devices',
      params: deviceParams,
      body: labellingSchema,
      response: deviceSchema,
      answer({ params: { id }, body, principal }) {
        devices.label(id, body, principal.id)
        return deviceOf(id)
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/findings',
      operationId: 'listFindings',
      action: 'view',
      summary: 'Current findings, each with the time of its first failure',
      params: deviceParams,
      response: findingListSchema,
      answer({ params: { id } }) {
        requireDevice(id)
        return { items: [...store.findings.view(id)] }
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/sightings',
      operationId: 'listSightings',
      action: 'view',
      summary: 'Agents, extensions, MCP servers, model runtimes and agent files on the device, present or gone',
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
        requireDevice(id)
        return pageOf(store.sightings.page(id, { after: cursor, limit, kind, state }), ({ sighting }) => sighting.id)
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/sightings/{sighting}',
      operationId: 'getSighting',
      action: 'view',
      summary: 'One sighting as the device reported it, present or gone. An agent has its processes',
      params: closed({ id: deviceIdSchema, sighting: sightingId }),
      response: deviceSightingSchema,
      answer({ params: { id, sighting } }) {
        requireDevice(id)
        const found = store.sightings.view(id, sighting)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no sighting ${sighting} on ${id}`)
        return found
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/sources',
      operationId: 'listSources',
      action: 'view',
      summary: 'What the device scanned, and what it could not read',
      params: deviceParams,
      response: sourceListSchema,
      answer({ params: { id } }) {
        requireDevice(id)
        return { items: [...store.sources.list(id)] }
      },
    }),
  ]
}
