import { authoritySchema } from '../../protocol/api-directory.ts'
import { type Route, route } from '../http/route.ts'
import type { Authority } from './authority.ts'

export interface AuthorityRoutesComponents {
  readonly authority: Pick<Authority, 'pins' | 'caCertificate'>
}

export function authorityRoutes({ authority }: AuthorityRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/authority',
      operationId: 'getAuthority',
      summary: 'The keys that devices pin, and the certificate of the CA',
      response: authoritySchema,
      answer: () => ({ pins: { ...authority.pins }, caCertificate: authority.caCertificate }),
    }),
  ]
}
