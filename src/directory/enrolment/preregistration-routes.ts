import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import {
  preregisteredSchema,
  preregistrationPageSchema,
  preregistrationRequestSchema,
  preregistrationSchema,
} from '../../protocol/api/preregistrations.ts'
import { preregistrationIdSchema } from '../../protocol/ids.ts'
import { page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { PreregistrationStore } from './preregistration-store.ts'
import type { Preregistrations } from './preregistrations.ts'

interface PreregistrationRoutesComponents {
  readonly store: { readonly preregistrations: Pick<PreregistrationStore, 'list' | 'view'> }
  readonly preregistrations: Preregistrations
}

/** Ten thousand devices with long names and owners. */
const BODY_MAX_BYTES = 4 * 1024 * 1024

export function preregistrationRoutes({ store, preregistrations }: PreregistrationRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/preregistrations',
      operationId: 'preregisterDevices',
      action: 'operate',
      summary: 'Preregister devices, all or none: tokens for preregistered devices take them',
      body: preregistrationRequestSchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      status: 201,
      response: preregisteredSchema,
      creates: true,
      answer: ({ body: { items }, principal, commit }) => commit(() => preregistrations.add(items, principal.id)),
    }),
    route({
      method: 'GET',
      path: '/preregistrations',
      operationId: 'listPreregistrations',
      action: 'audit',
      summary: 'Preregistrations by id, filtered by use, or by name, owner or device',
      query: pageQuery(
        {
          used: Type.Optional(words('yes', 'no')),
          named: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
        },
        preregistrationIdSchema,
      ),
      response: preregistrationPageSchema,
      answer: ({ query: { limit, cursor, used, named } }) =>
        page(
          limit,
          (count) =>
            store.preregistrations.list({
              after: cursor,
              limit: count,
              named,
              used: used === undefined ? undefined : used === 'yes',
            }),
          ({ id }) => id,
        ),
    }),
    route({
      method: 'DELETE',
      path: '/preregistrations/{id}',
      operationId: 'removePreregistration',
      action: 'operate',
      summary: 'Remove a preregistration. A device that enrolled with it stays',
      params: closed({ id: preregistrationIdSchema }),
      response: preregistrationSchema,
      answer({ params: { id }, principal }) {
        const found = store.preregistrations.view(id)
        if (found === undefined) throw new SuretyError('NOT_FOUND', `there is no preregistration ${id}`)
        preregistrations.remove(id, principal.id)
        return found
      },
    }),
  ]
}
