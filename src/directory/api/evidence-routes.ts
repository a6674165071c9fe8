import { createPublicKey } from 'node:crypto'
import { SuretyError } from '../../base/errors.ts'
import { closed, counter, reader, Type } from '../../base/schema.ts'
import { evidencePageSchema, type PublicJwk, publicJwkSchema } from '../../protocol/api-devices.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import type { ApiComponents } from './api-components.ts'
import { unknownDevice } from './device-routes.ts'
import { numbersOf, page, pageQuery } from './paging.ts'
import { type Route, route } from './route.ts'

/** Up to the largest that JSON carries exactly: a device may begin anywhere after a gap. */
const place = Type.String({ pattern: '^(0|[1-9][0-9]{0,15})$' })
const jwkReader = reader(publicJwkSchema, { name: 'public key of a device', code: 'STORE_CORRUPT' })

/** The evidence itself, so that anybody with the device's key can verify it without us. */
export function evidenceRoutes({ store }: ApiComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/devices/{id}/evidence',
      operationId: 'listEvidence',
      summary: 'Stored batches, newest first',
      params: closed({ id: deviceIdSchema }),
      query: pageQuery({}),
      response: evidencePageSchema,
      answer({ params: { id }, query: { limit, cursor } }) {
        if (!store.hasDevice(id)) throw unknownDevice(id)
        const [epoch, sequence] = numbersOf(cursor, 2) ?? []
        const before = epoch === undefined || sequence === undefined ? undefined : { epoch, sequence }
        return page(
          limit,
          (count) => store.evidence(id, { before, limit: count }),
          (entry) => `${entry.epoch}.${entry.sequence}`,
        )
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/evidence/{epoch}/{sequence}',
      operationId: 'getEvidence',
      summary: 'One batch as the device signed it: a compact JWS',
      params: closed({ id: deviceIdSchema, epoch: place, sequence: place }),
      response: Type.String({ description: 'compact JWS (RFC 7515) by the application key' }),
      contentType: 'application/jose',
      answer({ params: { id, epoch, sequence } }) {
        const jws = store.evidenceJws(id, { epoch: Number(epoch), sequence: Number(sequence) })
        if (jws === undefined) throw new SuretyError('NOT_FOUND', `no batch ${epoch}/${sequence} of ${id}`)
        return jws
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/key',
      operationId: 'getDeviceKey',
      summary: 'The public key that verifies evidence of an epoch, if none is given of the current one (JWK)',
      params: closed({ id: deviceIdSchema }),
      query: closed({ epoch: Type.Optional(counter()) }),
      response: publicJwkSchema,
      answer({ params: { id }, query: { epoch } }) {
        if (!store.hasDevice(id)) throw unknownDevice(id)
        const spki = store.applicationKey(id, epoch)
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
