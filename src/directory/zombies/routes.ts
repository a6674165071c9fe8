import { Type, words } from '../../base/schema.ts'
import { ZOMBIE_REASONS, zombiePageSchema, zombieSweepSchema } from '../../protocol/nouns/agents/zombies.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { Zombies } from './zombies.ts'

export function zombieRoutes({ zombies }: { readonly zombies: Zombies }): readonly Route[] {
  return [
    route({
      method: 'GET',
      action: 'view',
      path: '/zombies',
      operationId: 'listZombies',
      summary: 'Registrations that nobody needs, answers for or looks after, by the last sweep, filtered by reason',
      query: pageQuery({ reason: Type.Optional(words(...ZOMBIE_REASONS)) }),
      response: zombiePageSchema,
      answer({ query: { limit, cursor, reason } }) {
        const [after = 0] = cursorNumbers(cursor, 1) ?? []
        const { items, next } = page(
          limit,
          (count) => zombies.list({ after, limit: count, reason }),
          ({ number }) => `${number}`,
        )
        return { items: items.map(({ number: _, ...zombie }) => zombie), ...(next === undefined ? {} : { next }) }
      },
    }),
    route({
      method: 'GET',
      action: 'view',
      path: '/zombies/sweep',
      operationId: 'getSweep',
      summary: 'The sweep that runs or the last one, with the zombies by reason',
      response: zombieSweepSchema,
      answer: () => zombies.sweep(),
    }),
    route({
      method: 'POST',
      action: 'register',
      path: '/zombies/sweep',
      operationId: 'beginSweep',
      summary: 'Begin a sweep now, unless one runs',
      response: zombieSweepSchema,
      answer: () => zombies.begin(),
    }),
  ]
}
