import { type HumanView, people } from '../../../protocol/nouns/people/people.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { nounList } from '../../list/noun-list.tsx'

/** A person has a page of more than their noun declares. */
const PEOPLE: ListSpec<HumanView> = { ...nounList(people), hrefOf: ({ id }) => `/people/${id}` }

export function People() {
  return <ListPage spec={PEOPLE} />
}
