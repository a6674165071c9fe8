import { useLocation } from 'wouter'
import { ALL_NOUNS } from '../../../protocol/nouns/all-nouns.ts'
import { useSession } from '../../data/session.ts'
import { plainOf, VerbButtons } from '../../forms/verb-buttons.tsx'
import { ListPage } from '../../list/list-page.tsx'
import { nounList, pageOf } from '../../list/noun-list.tsx'
import { Empty } from '../../parts/answered.tsx'

/** A row has so many buttons at most. More are on the page of the item. */
const IN_ROW = 2

/** The list of a noun that has no page of its own, with what can be done. */
export function NounPage() {
  const [location] = useLocation()
  const { may } = useSession()
  const noun = ALL_NOUNS.find((one) => pageOf(one) === location)
  if (noun === undefined) return <Empty title="There is no such list." />
  const spec = nounList(noun)
  const inRow = plainOf(noun).verbs.filter(
    ({ ofItem, method, action }) => ofItem && method !== 'GET' && may.includes(action),
  )
  const columns =
    inRow.length === 0 || inRow.length > IN_ROW
      ? spec.columns
      : [
          ...spec.columns.slice(0, 1),
          {
            heading: 'Acts',
            cell: (item: object) => (
              <span className="row">
                <VerbButtons noun={noun} item={item} isSmall />
              </span>
            ),
          },
          ...spec.columns.slice(1),
        ]
  return <ListPage key={noun.path} spec={{ ...spec, columns }} acts={<VerbButtons noun={noun} />} />
}
