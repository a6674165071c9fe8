import { SuretyError } from '../../base/errors.ts'
import { closed, legibleReason, legibleText, Type, words } from '../../base/schema.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import {
  PENDING_DEVICE_STATES,
  type PendingDevice,
  pendingDevicePageSchema,
  pendingDeviceSchema,
} from '../../protocol/nouns/enrolment/pending-devices.ts'
import { decisionSchema } from '../../protocol/nouns/enrolment/re-enrolments.ts'
import { page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { PendingDeviceQueries } from './pending-device-store.ts'
import type { PendingDevices } from './pending-devices.ts'

interface PendingDeviceRoutesComponents {
  readonly store: { readonly pendingDevices: PendingDeviceQueries }
  readonly pendingDevices: PendingDevices
}

const params = closed({ id: deviceIdSchema })

export function pendingDeviceRoutes({ store, pendingDevices }: PendingDeviceRoutesComponents): readonly Route[] {
  const deviceOf = (id: string): PendingDevice => {
    const device = store.pendingDevices.view(id)
    if (device === undefined) throw new SuretyError('NOT_FOUND', `there is no pending device ${id}`)
    return device
  }
  return [
    route({
      method: 'GET',
      path: '/pending-devices',
      operationId: 'listPendingDevices',
      action: 'audit',
      summary:
        'New devices that wait for a human, or did, by id; filtered by status, or by id, host, serial, owner or token',
      query: pageQuery(
        {
          status: Type.Optional(words(...PENDING_DEVICE_STATES)),
          named: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
        },
        deviceIdSchema,
      ),
      response: pendingDevicePageSchema,
      answer: ({ query: { limit, cursor, ...filters } }) =>
        page(
          limit,
          (count) => store.pendingDevices.list({ after: cursor, limit: count, ...filters }),
          ({ id }) => id,
        ),
    }),
    route({
      method: 'POST',
      path: '/pending-devices/{id}/accept',
      operationId: 'acceptPendingDevice',
      action: 'operate',
      summary: 'Let the new device in, perhaps with another owner',
      params,
      body: Type.Union([
        closed({
          reason: Type.Optional(legibleReason()),
          owner: Type.Optional(legibleText(256)),
        }),
        Type.Null(),
      ]),
      response: pendingDeviceSchema,
      answer({ params: { id }, body, principal }) {
        pendingDevices.settle(id, { outcome: 'accept', ...body }, principal.id)
        return deviceOf(id)
      },
    }),
    route({
      method: 'POST',
      path: '/pending-devices/{id}/refuse',
      operationId: 'refusePendingDevice',
      action: 'operate',
      summary: 'Refuse the new device. Its key and TPM wait for a human whenever they come again',
      params,
      body: decisionSchema,
      response: pendingDeviceSchema,
      answer({ params: { id }, body, principal }) {
        pendingDevices.settle(id, { outcome: 'refuse', ...body }, principal.id)
        return deviceOf(id)
      },
    }),
  ]
}
