import { Fragment } from 'react'
import { mixedScripts } from '../../base/text/confusable-names.ts'
import { usePageTitle } from '../data/page-title.ts'

/** Characters that nobody sees: controls, direction marks, zero width, line separators, lone surrogates. */
const UNSEEN = /([\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])/u

/**
 * Text that a device or a person wrote. It is only ever text, keeps its direction to itself, and what cannot be seen is
 * spelled out.
 */
export function Said({ children }: { readonly children: string | undefined }) {
  if (children === undefined || children === '') return <span className="faint">–</span>
  const scripts = mixedScripts(children)
  const title = scripts.length === 0 ? undefined : `This text mixes ${scripts.join(' and ')} letters.`
  return (
    <bdi className="said" title={title}>
      {UNSEEN.test(children) ? children.split(UNSEEN).map(spelled) : children}
    </bdi>
  )
}

/** Every second part is a character that cannot be seen. */
function spelled(part: string, at: number) {
  // The parts of one text have no other name than their place.
  if (at % 2 === 0) return <Fragment key={`${at}`}>{part}</Fragment>
  return (
    <span key={`${at}`} className="unseen">
      U+{(part.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}
    </span>
  )
}

/** The heading of a page about one thing, whose name is also in the breadcrumbs and in the title of the window. */
export function PageTitle({ children }: { readonly children: string }) {
  usePageTitle(children)
  return (
    <h1>
      <Said>{children}</Said>
    </h1>
  )
}
