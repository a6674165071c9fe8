import { usePageTitle } from '../data/page-title.ts'
import { Said } from './said.tsx'

/** The heading of a page about one thing, whose name is also in the breadcrumbs and in the title of the window. */
export function PageTitle({ children }: { readonly children: string }) {
  usePageTitle(children)
  return (
    <h1>
      <Said>{children}</Said>
    </h1>
  )
}
