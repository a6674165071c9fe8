import { SuretyError } from '../../base/errors.ts'
import { pendingDevices as declared, type PendingDevice } from '../../protocol/nouns/enrolment/pending-devices.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { PendingDeviceQueries } from './pending-device-store.ts'
import type { PendingDevices } from './pending-devices.ts'

interface PendingDeviceRoutesComponents {
  readonly store: { readonly pendingDevices: PendingDeviceQueries }
  readonly pendingDevices: PendingDevices
}

export function pendingDeviceRoutes({ store, pendingDevices }: PendingDeviceRoutesComponents): readonly Route[] {
  const deviceOf = async (id: string): Promise<PendingDevice> => {
    const device = await store.pendingDevices.view(id)
    if (device === undefined) throw new SuretyError('NOT_FOUND', `there is no pending device ${id}`)
    return device
  }
  return nounRoutes(
    declared,
    { list: (query) => store.pendingDevices.list(query) },
    {
      async accept({ params: { id }, body, principal }) {
        await pendingDevices.settle(id, { outcome: 'accept', ...body }, principal.id)
        return deviceOf(id)
      },
      async refuse({ params: { id }, body, principal }) {
        await pendingDevices.settle(id, { outcome: 'refuse', ...body }, principal.id)
        return deviceOf(id)
      },
    },
  )
}
