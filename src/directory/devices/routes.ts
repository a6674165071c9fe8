import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import { similarWords } from '../../base/text/similar-words.ts'
import { CHECKS } from '../../checks/checks.ts'
import { HEALTH_CODES } from '../../protocol/health.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { type Device, deviceSightingSchema, sightingPageSchema } from '../../protocol/nouns/devices/devices.ts'
import { devices as declared } from '../../protocol/nouns/devices/devices-noun.ts'
import { sightingKindSchema } from '../../protocol/sighting.ts'
import { readResult } from '../appraisal/result.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { DEFAULT_LIMIT, pageOf, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import { unknownDevice } from './device.ts'
import type { DeviceQueries, FindingQueries, SightingQueries, SourceQueries, WarningQueries } from './device-store.ts'
import type { Devices } from './devices.ts'
import { presenceOf } from './presence.ts'

interface DeviceRoutesComponents {
  readonly store: {
    readonly devices: DeviceQueries
    readonly findings: FindingQueries
    readonly sightings: SightingQueries
    readonly sources: SourceQueries
    readonly reports: WarningQueries
  }
  readonly devices: Devices
  readonly isConnected: (device: string) => boolean
  readonly clock: Pick<Clock, 'now'>
}

const deviceParams = closed({ id: deviceIdSchema })
const sightingId = Type.String({ pattern: '^[0-9a-f]{32}$' })

/** Devices and what they report. */
export function deviceRoutes({ store, devices, isConnected, clock }: DeviceRoutesComponents): readonly Route[] {
  const deviceOf = async (id: string): Promise<Device> => {
    const device = await store.devices.view(id)
    if (device === undefined) throw unknownDevice(id)
    const { result, ...rest } = device
    return {
      ...rest,
      ...presenceOf(device, isConnected),
      ...(result === undefined ? {} : { result: readResult(result, clock.now()) }),
    }
  }
  const requireDevice = async (id: string) => {
    if (!(await store.devices.has(id))) throw unknownDevice(id)
  }
  return [
    ...nounRoutes(
      declared,
      {
        async list({ failing, warning, ...query }) {
          if (failing !== undefined) await requireCheck(store.findings, failing)
          if (warning !== undefined) await requireWarning(store.reports, warning)
          return store.devices.list({ ...query, failing, warning }, clock.now())
        },
      },
      {
        show: ({ params: { id } }) => deviceOf(id),
        async retire({ params: { id }, body: { reason }, principal }) {
          await devices.retire(id, reason, principal.id)
          return deviceOf(id)
        },
        async label({ params: { id }, body, principal }) {
          await devices.label(id, body, principal.id)
          return deviceOf(id)
        },
        async set({ params: { id }, body, principal }) {
          await devices.setOwner(id, body, principal.id)
          return deviceOf(id)
        },
        async findings({ params: { id } }) {
          await requireDevice(id)
          return { items: [...(await store.findings.view(id))] }
        },
        async sources({ params: { id } }) {
          await requireDevice(id)
          return { items: [...(await store.sources.list(id))] }
        },
      },
    ),
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
      async answer({ params: { id }, query: { limit = DEFAULT_LIMIT, cursor, kind, state } }) {
        await requireDevice(id)
        return pageOf(
          await store.sightings.page(id, { after: cursor, limit, kind, state }),
          ({ sighting }) => sighting.id,
        )
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
      async answer({ params: { id, sighting } }) {
        await requireDevice(id)
        const found = await store.sightings.view(id, sighting)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no sighting ${sighting} on ${id}`)
        return found
      },
    }),
  ]
}

/** A misspelt check must not look like a fleet without a failure. @throws `NOT_FOUND`. */
async function requireCheck(findings: Pick<FindingQueries, 'knows'>, check: string): Promise<void> {
  if (CHECKS.some((one) => one === check) || (await findings.knows(check))) return
  throw new SuretyError('NOT_FOUND', `there is no check ${JSON.stringify(check)}. ${nearest(check, CHECKS, 'checks')}`)
}

/** @throws `NOT_FOUND`, as `requireCheck`. */
async function requireWarning(reports: WarningQueries, code: string): Promise<void> {
  if (HEALTH_CODES.some((one) => one === code) || (await reports.knowsWarning(code))) return
  const message = `there is no warning ${JSON.stringify(code)}. ${nearest(code, HEALTH_CODES, 'warnings')}`
  throw new SuretyError('NOT_FOUND', message)
}

function nearest(word: string, words: readonly string[], noun: string): string {
  const similar = similarWords(word, words)
  return similar.length > 0 ? `Similar: ${similar.join(', ')}` : `The ${noun}: ${words.join(', ')}`
}
