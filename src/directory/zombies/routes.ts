import { zombies as declared } from '../../protocol/nouns/agents/zombies.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { humanMeant } from '../humans/humans.ts'
import type { ZombieStore } from './zombie-store.ts'
import type { Zombies } from './zombies.ts'

interface ZombieRoutesComponents {
  readonly zombies: Zombies
  readonly store: { readonly zombies: Pick<ZombieStore, 'list'>; readonly humans: Pick<HumanStore, 'allNamed'> }
}

export function zombieRoutes({ zombies, store }: ZombieRoutesComponents): readonly Route[] {
  return nounRoutes(
    declared,
    {
      list: async ({ owner, ...query }) =>
        store.zombies.list({
          ...query,
          owner: owner === undefined ? undefined : await humanMeant(store.humans, owner),
        }),
    },
    { swept: () => zombies.sweep(), sweep: ({ principal }) => zombies.begin(principal) },
  )
}
