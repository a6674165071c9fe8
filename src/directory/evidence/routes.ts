import { createPublicKey } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, counter, reader, Type } from '../../base/schema.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import {
  type ExportManifest,
  evidencePageSchema,
  exportedBatchPageSchema,
  exportHeadSchema,
  type PublicJwk,
  publicJwkSchema,
} from '../../protocol/nouns/devices/evidence.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceQueries } from '../devices/device-store.ts'
import { cursorNumbers, DEFAULT_LIMIT, page, pageOf, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { EvidenceQueries } from './evidence-store.ts'

/** Up to the largest number that JSON carries exactly: after a gap a chain may continue at any number. */
const number = Type.String({ pattern: '^(0|[1-9][0-9]{0,15})$' })
const jwkReader = reader(publicJwkSchema, { name: 'public key of a device', code: 'STORE_CORRUPT' })

interface EvidenceRoutesComponents extends ExportRoutesComponents {
  readonly store: ExportRoutesComponents['store'] & {
    readonly devices: Pick<DeviceQueries, 'has' | 'applicationKey'>
    readonly evidence: EvidenceQueries
  }
}

/** The stored evidence: with the device's key it can be verified without this server. */
export function evidenceRoutes(components: EvidenceRoutesComponents): readonly Route[] {
  return [...batchRoutes(components), ...exportRoutes(components)]
}

function batchRoutes({ store }: EvidenceRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/devices/{id}/evidence',
      operationId: 'listEvidence',
      action: 'audit',
      summary: 'Stored batches, newest first',
      params: closed({ id: deviceIdSchema }),
      query: pageQuery({}),
      response: evidencePageSchema,
      async answer({ params: { id }, query: { limit, cursor } }) {
        if (!(await store.devices.has(id))) throw unknownDevice(id)
        const [epoch, sequence] = cursorNumbers(cursor, 2) ?? []
        const before = epoch === undefined || sequence === undefined ? undefined : { epoch, sequence }
        return page(
          limit,
          (count) => store.evidence.list(id, { before, limit: count }),
          (entry) => `${entry.epoch}.${entry.sequence}`,
        )
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/evidence/{epoch}/{sequence}',
      operationId: 'getEvidence',
      action: 'audit',
      summary: 'One batch as the device signed it: a compact JWS',
      params: closed({ id: deviceIdSchema, epoch: number, sequence: number }),
      response: Type.String({ description: 'compact JWS (RFC 7515) by the application key' }),
      contentType: 'application/jose',
      async answer({ params: { id, epoch, sequence } }) {
        const jws = await store.evidence.jws(id, { epoch: Number(epoch), sequence: Number(sequence) })
        if (jws === undefined) throw new SuretyError('NOT_FOUND', `there is no batch ${epoch}/${sequence} of ${id}`)
        return jws
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/key',
      operationId: 'getDeviceKey',
      action: 'audit',
      summary: 'The public key (JWK) that verifies evidence of an epoch, by default of the current one',
      params: closed({ id: deviceIdSchema }),
      query: closed({ epoch: Type.Optional(counter()) }),
      response: publicJwkSchema,
      async answer({ params: { id }, query: { epoch } }) {
        if (!(await store.devices.has(id))) throw unknownDevice(id)
        const spki = await store.devices.applicationKey(id, epoch)
        if (spki === undefined) throw new SuretyError('NOT_FOUND', `there is no key of epoch ${epoch} of ${id}`)
        return jwkOf(spki, id)
      },
    }),
  ]
}

function jwkOf(spki: Uint8Array, kid: string): PublicJwk {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  return jwkReader.read({ ...key.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid })
}

interface ExportRoutesComponents {
  readonly store: {
    readonly devices: Pick<DeviceQueries, 'has' | 'view'>
    readonly evidence: Pick<EvidenceQueries, 'batchesAfter' | 'epochs'>
  }
  readonly clock: Pick<Clock, 'now'>
  readonly authority: {
    readonly root: string
    readonly signAcknowledgement: (kind: 'evidence-export', payload: ExportManifest) => string
    delegations(): Readonly<Record<string, string>>
  }
}

/** All evidence of a device, with what an auditor needs to verify it without this server. */
function exportRoutes({ store, clock, authority }: ExportRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      action: 'audit',
      path: '/devices/{id}/export',
      operationId: 'getEvidenceExport',
      summary: 'Signed manifest of all evidence of a device: keys, counts and last batch per epoch',
      params: closed({ id: deviceIdSchema }),
      response: exportHeadSchema,
      async answer({ params: { id } }) {
        const device = await store.devices.view(id)
        if (device === undefined) throw unknownDevice(id)
        const manifest = authority.signAcknowledgement('evidence-export', {
          ...({ type: 'evidence-export', version: 1 } as const),
          device: id,
          time: clock.now(),
          root: authority.root,
          forked: device.forked,
          epochs: [...(await store.evidence.epochs(id))],
        })
        return { manifest, delegations: Object.values(authority.delegations()) }
      },
    }),
    route({
      method: 'GET',
      action: 'audit',
      path: '/devices/{id}/export/batches',
      operationId: 'listExportedBatches',
      summary: 'Batches as the device signed them, oldest first',
      params: closed({ id: deviceIdSchema }),
      query: pageQuery({}),
      response: exportedBatchPageSchema,
      async answer({ params: { id }, query: { limit = DEFAULT_LIMIT, cursor } }) {
        if (!(await store.devices.has(id))) throw unknownDevice(id)
        const [epoch, sequence] = cursorNumbers(cursor, 2) ?? []
        const after = epoch === undefined || sequence === undefined ? undefined : { epoch, sequence }
        return pageOf(
          await store.evidence.batchesAfter(id, { after, limit }),
          (batch) => `${batch.epoch}.${batch.sequence}`,
        )
      },
    }),
  ]
}
