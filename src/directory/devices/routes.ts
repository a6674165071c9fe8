import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { closed, reader, Type, text, words } from '../../base/schema.ts'
import { similarWords } from '../../base/text/similar-words.ts'
import { CHECKS } from '../../checks/checks.ts'
import { HEALTH_CODES } from '../../protocol/health.ts'
import { DEVICE_ID, deviceIdSchema } from '../../protocol/ids.ts'
import { verdictSchema } from '../../protocol/messages/attestation-result.ts'
import {
  DEVICE_SORTS,
  type Device,
  type DeviceSort,
  deviceNameSchema,
  devicePageSchema,
  devicePresenceSchema,
  deviceSchema,
  deviceSightingSchema,
  findingListSchema,
  labelFilterSchema,
  labellingSchema,
  ownerChangeSchema,
  retirementSchema,
  sightingPageSchema,
  sourceListSchema,
  TAMPER_FILTERS,
  warningCodeSchema,
} from '../../protocol/nouns/devices/devices.ts'
import { sightingKindSchema } from '../../protocol/sighting.ts'
import { tierSchema } from '../../protocol/tier.ts'
import {
  channelNameSchema,
  programVersionSchema,
  UPDATE_STATES,
  versionBeginningSchema,
} from '../../protocol/updates.ts'
import { readResult } from '../appraisal/result.ts'
import { DEFAULT_LIMIT, page, pageOf, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import { unknownDevice } from './device.ts'
import type {
  DeviceQueries,
  DeviceQuestion,
  FindingQueries,
  SightingQueries,
  SourceQueries,
  WarningQueries,
} from './device-store.ts'
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

const listCursor = Type.String({ pattern: `${DEVICE_ID.slice(0, -1)}(\\.[A-Za-z0-9_-]{1,2000})?$` })
const cursorKeyReader = reader(Type.Union([Type.String({ maxLength: 512 }), Type.Number()]), { name: 'cursor' })

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
    route({
      method: 'GET',
      path: '/devices',
      operationId: 'listDevices',
      action: 'view',
      summary: 'Devices that are not retired, filtered and sorted. The first page has the total',
      query: pageQuery(
        {
          status: Type.Optional(words('active', 'retired', 'all')),
          verdict: Type.Optional(verdictSchema),
          presence: Type.Optional(devicePresenceSchema),
          failing: Type.Optional(text(64)),
          /** Any spelling of a person. */
          owner: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
          tier: Type.Optional(tierSchema),
          os: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
          label: Type.Optional(labelFilterSchema),
          name: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
          olderThanMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 * 366 * 86_400_000 })),
          tamperSign: Type.Optional(words(...TAMPER_FILTERS)),
          silentTooLong: Type.Optional(words('yes', 'no')),
          stopped: Type.Optional(words('yes', 'no')),
          daemonVersion: Type.Optional(versionBeginningSchema),
          daemonOlderThan: Type.Optional(programVersionSchema),
          updates: Type.Optional(words(...UPDATE_STATES)),
          channel: Type.Optional(channelNameSchema),
          warning: Type.Optional(warningCodeSchema),
          named: Type.Optional(deviceNameSchema),
          sort: Type.Optional(words(...DEVICE_SORTS)),
          order: Type.Optional(words('ascending', 'descending')),
        },
        listCursor,
      ),
      response: devicePageSchema,
      async answer({ query: { limit, cursor, failing, ...filters } }) {
        if (failing !== undefined) await requireCheck(store.findings, failing)
        if (filters.warning !== undefined) await requireWarning(store.reports, filters.warning)
        const now = clock.now()
        const question = { ...questionOf(filters, now), failing, isConnected }
        const after = cursor === undefined ? undefined : placeOf(cursor, question.sort)
        const { items, next } = await page(
          limit,
          (count) => store.devices.list({ ...question, after }, count, now),
          ({ device, key }) => cursorOf(device.id, key, question.sort),
        )
        return {
          items: items.map(({ device }) => device),
          ...member('next', next),
          // A page that is not full has the whole list.
          ...(after === undefined
            ? { total: next === undefined ? items.length : await store.devices.count(question, now) }
            : {}),
        }
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
      summary: 'Refuse the device from now on. It returns only if a person approves a re-enrolment',
      params: deviceParams,
      body: retirementSchema,
      response: deviceSchema,
      async answer({ params: { id }, body: { reason }, principal }) {
        await devices.retire(id, reason, principal.id)
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
      async answer({ params: { id }, body, principal }) {
        await devices.label(id, body, principal.id)
        return deviceOf(id)
      },
    }),
    route({
      method: 'POST',
      action: 'configure',
      path: '/devices/{id}/owner',
      operationId: 'setDeviceOwner',
      summary: 'Say who answers for the device from now on. A policy may group devices by owner',
      params: deviceParams,
      body: ownerChangeSchema,
      response: deviceSchema,
      async answer({ params: { id }, body, principal }) {
        await devices.setOwner(id, body, principal.id)
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
      async answer({ params: { id } }) {
        await requireDevice(id)
        return { items: [...(await store.findings.view(id))] }
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
    route({
      method: 'GET',
      path: '/devices/{id}/sources',
      operationId: 'listSources',
      action: 'view',
      summary: 'What the device scanned, and what it could not read',
      params: deviceParams,
      response: sourceListSchema,
      async answer({ params: { id } }) {
        await requireDevice(id)
        return { items: [...(await store.sources.list(id))] }
      },
    }),
  ]
}

type ListQuery = Omit<
  DeviceQuestion,
  'status' | 'label' | 'heardBefore' | 'silentTooLong' | 'stopped' | 'descending' | 'isConnected' | 'after'
> & {
  readonly silentTooLong?: 'yes' | 'no' | undefined
  readonly stopped?: 'yes' | 'no' | undefined
  readonly status?: Device['status'] | 'all' | undefined
  readonly label?: string | undefined
  readonly olderThanMs?: number | undefined
  readonly order?: 'ascending' | 'descending' | undefined
}

function questionOf({ status, label, olderThanMs, order, silentTooLong, stopped, ...filters }: ListQuery, now: number) {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(label ?? '') ?? []
  return {
    ...filters,
    status: status === 'all' ? undefined : (status ?? 'active'),
    label: label === undefined ? undefined : { name, value },
    heardBefore: olderThanMs === undefined ? undefined : now - olderThanMs,
    silentTooLong: silentTooLong === undefined ? undefined : silentTooLong === 'yes',
    stopped: stopped === undefined ? undefined : stopped === 'yes',
    descending: order === 'descending',
  }
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

/** The id, and behind a dot the sort key where that is not the id. */
function cursorOf(id: string, key: string | number, sort: DeviceSort = 'id'): string {
  return sort === 'id' ? id : `${id}.${toBase64Url(utf8(JSON.stringify(key)))}`
}

/** @throws `INPUT_MALFORMED`. */
function placeOf(cursor: string, sort: DeviceSort = 'id'): NonNullable<DeviceQuestion['after']> {
  const [id = '', encoded] = cursor.split('.')
  if (sort === 'id' && encoded === undefined) return { id, key: id }
  const key = sort === 'id' || encoded === undefined ? undefined : keyIn(encoded)
  if (key === undefined) throw new SuretyError('INPUT_MALFORMED', 'the cursor is not one of this list')
  return { id, key }
}

function keyIn(encoded: string): string | number | undefined {
  try {
    return cursorKeyReader.readJson(fromUtf8(fromBase64Url(encoded) ?? new Uint8Array()))
  } catch {
    return undefined
  }
}
