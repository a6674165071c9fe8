import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { tokens as declared, type Token } from '../../protocol/nouns/enrolment/tokens.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { TokenQueries } from './token-store.ts'
import type { Tokens } from './tokens.ts'

const DAY_MS = 24 * 3_600_000

interface TokenRoutesComponents {
  readonly store: { readonly tokens: TokenQueries }
  readonly tokens: Pick<Tokens, 'create' | 'revoke'>
  readonly clock: Pick<Clock, 'now'>
}

export function tokenRoutes({ store, tokens, clock }: TokenRoutesComponents): readonly Route[] {
  const tokenOf = async (id: string): Promise<Token> => {
    const token = await store.tokens.view(id, clock.now())
    if (token === undefined) throw new SuretyError('TOKEN_UNKNOWN', `there is no token ${id}`)
    return token
  }
  return nounRoutes(
    declared,
    { list: (query) => store.tokens.list(query, clock.now()) },
    {
      create: ({ body: { ttlMs = DAY_MS, minimumTier = 'tpm-attested', ...body }, principal, commit }) =>
        commit(
          async () => {
            const { id, ...created } = await tokens.create({ ...body, ttlMs, minimumTier }, principal.id)
            return { token: await tokenOf(id), ...created }
          },
          { secretOf: ({ token }) => `the token is ${token.id}` },
        ),
      async revoke({ params: { id }, principal }) {
        await tokens.revoke(id, principal.id)
        return tokenOf(id)
      },
    },
  )
}
