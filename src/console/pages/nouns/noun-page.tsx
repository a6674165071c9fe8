import { useLocation } from 'wouter'
import { ALL_NOUNS } from '../../../protocol/nouns/all-nouns.ts'
import { ListPage } from '../../list/list-page.tsx'
import { nounList, pageOf } from '../../list/noun-list.tsx'
import { Empty } from '../../parts/answered.tsx'

/** The list of a noun that has no page of its own. */
export function NounPage() {
  const [location] = useLocation()
  const noun = ALL_NOUNS.find((one) => pageOf(one) === location)
  if (noun === undefined) return <Empty title="There is no such list." />
  return <ListPage key={noun.path} spec={nounList(noun)} />
}
