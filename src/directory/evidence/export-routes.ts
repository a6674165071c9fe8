import type { Clock } from '../../base/clock.ts'
import { closed } from '../../base/schema.ts'
import { type ExportManifest, exportedBatchPageSchema, exportHeadSchema } from '../../protocol/api/evidence-export.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceQueries } from '../devices/device-store.ts'
import { cursorNumbers, DEFAULT_LIMIT, pageOf, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { EvidenceQueries } from './evidence-store.ts'

export interface ExportRoutesComponents {
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
export function exportRoutes({ store, clock, authority }: ExportRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      action: 'audit',
      path: '/devices/{id}/export',
      operationId: 'getEvidenceExport',
      summary: 'Signed manifest of all evidence of a device: keys, counts and last batch per epoch',
      params: closed({ id: deviceIdSchema }),
      response: exportHeadSchema,
      answer({ params: { id } }) {
        const device = store.devices.view(id)
        if (device === undefined) throw unknownDevice(id)
        const manifest = authority.signAcknowledgement('evidence-export', {
          ...({ type: 'evidence-export', version: 1 } as const),
          device: id,
          time: clock.now(),
          root: authority.root,
          forked: device.forked,
          epochs: [...store.evidence.epochs(id)],
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
      answer({ params: { id }, query: { limit = DEFAULT_LIMIT, cursor } }) {
        if (!store.devices.has(id)) throw unknownDevice(id)
        const [epoch, sequence] = cursorNumbers(cursor, 2) ?? []
        const after = epoch === undefined || sequence === undefined ? undefined : { epoch, sequence }
        return pageOf(store.evidence.batchesAfter(id, { after, limit }), (batch) => `${batch.epoch}.${batch.sequence}`)
      },
    }),
  ]
}
