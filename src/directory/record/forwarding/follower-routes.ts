import { member } from '../../../base/json-object.ts'
import {
  type RecordForward,
  type RecordWitness,
  recordForwards,
  recordWitnesses,
} from '../../../protocol/nouns/directory/record.ts'
import type { ListRequest } from '../../http/listed.ts'
import { nounRoutes } from '../../http/noun-routes.ts'
import { listedFrom } from '../../http/paging.ts'
import type { Route } from '../../http/route.ts'
import type { RecordStore } from '../record-store.ts'
import type { Witness } from '../witnesses/witness-client.ts'
import type { WitnessStore } from '../witnesses/witness-store.ts'
import type { ForwardStore } from './forward-store.ts'
import type { Outlet } from './outlet.ts'

interface FollowerRoutesComponents {
  readonly store: {
    readonly record: Pick<RecordStore, 'size' | 'checkpoint'>
    readonly forwards: ForwardStore
    readonly witnesses: WitnessStore
  }
  readonly outlets: readonly Outlet[]
  readonly recordWitnesses: readonly Witness[]
}

/** Who follows the record, as far as they are. */
export function followerRoutes(components: FollowerRoutesComponents): readonly Route[] {
  const { store, outlets, recordWitnesses: witnesses } = components
  const forwards = async (): Promise<readonly RecordForward[]> => {
    const [total, states] = [await store.record.size(), await store.forwards.all()]
    return outlets.map(({ name, kind, target }) => {
      const state = states.find((one) => one.name === name)
      const size = state?.position ?? 0
      return {
        id: name,
        kind,
        target,
        size,
        behind: Math.max(0, total - size),
        ...member('deliveredAt', state?.deliveredAt),
        ...member('nextAttemptAt', state?.nextAttemptAt),
        ...member('failingSince', state?.failingSince),
        ...member('problem', state?.problem),
      }
    })
  }
  const cosigning = async (): Promise<readonly RecordWitness[]> => {
    const [checkpoint, states] = [await store.record.checkpoint(), await store.witnesses.all()]
    return witnesses.map(({ key: { name }, url }) => {
      const state = states.find((one) => one.name === name)
      const size = state?.size ?? 0
      return {
        id: name,
        url,
        size,
        behind: Math.max(0, (checkpoint?.size ?? 0) - size),
        ...member('cosignedAt', state?.cosignedAt),
        ...member('failingSince', state?.failingSince),
        ...member('problem', state?.problem),
      }
    })
  }
  return [
    ...nounRoutes(recordForwards, { list: async (query) => listed(await forwards(), query) }, {}),
    ...nounRoutes(recordWitnesses, { list: async (query) => listed(await cosigning(), query) }, {}),
  ]
}

function listed<T extends { readonly id: string }>(items: readonly T[], { named = '', ...query }: ListRequest) {
  return listedFrom(
    items.filter(({ id }) => id.startsWith(`${named}`)),
    query,
  )
}
