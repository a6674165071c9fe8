import { authoritySchema } from '../../protocol/nouns/directory/directory.ts'
import { type Route, route } from '../http/route.ts'
import type { Authority } from './authority.ts'

export function authorityRoutes({
  authority,
}: {
  readonly authority: Pick<Authority, 'pins' | 'caCertificate' | 'root' | 'acknowledgementKey' | 'delegations'>
}): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/authority',
      operationId: 'getAuthority',
      action: 'ask-verdict',
      summary: 'The keys that devices pin, the certificate of the CA, and the key that signs verdicts',
      response: authoritySchema,
      answer: () => ({
        pins: { ...authority.pins },
        caCertificate: authority.caCertificate,
        verdicts: {
          publicKey: authority.acknowledgementKey,
          delegation: authority.delegations().acknowledgements,
          root: authority.root,
        },
      }),
    }),
  ]
}
