import { Link, useLocation, useParams } from 'wouter'
import type { Item, Noun } from '../../../protocol/noun/noun.ts'
import { ALL_NOUNS } from '../../../protocol/nouns/all-nouns.ts'
import { queryText } from '../../data/api.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { capital } from '../../data/words.ts'
import { VerbButtons } from '../../forms/verb-buttons.tsx'
import { pageOf, Value } from '../../list/noun-list.tsx'
import { Answered, Empty } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { PageTitle } from '../../parts/said.tsx'

/** One item of a noun that has no page of its own. */
export function NounItem() {
  const { noun: name = '', id = '' } = useParams()
  const noun = ALL_NOUNS.find((one) => pageOf(one) === `/${name}`)
  if (noun === undefined) return <Empty title="There is no such page." />
  return <Shown noun={noun} id={id} />
}

function Shown({ noun, id }: { readonly noun: Noun; readonly id: string }) {
  const [, navigate] = useLocation()
  const answer = useAnswer<Item | { readonly items: readonly Item[] }>(
    // A noun without a page of its items in the API has them in its list only.
    noun.show === undefined ? `${noun.path}${queryText({ named: id })}` : `${noun.path}/${encodeURIComponent(id)}`,
  )
  const list = pageOf(noun)
  return (
    <div className="page">
      <Answered answer={answer}>
        {(answered) => {
          const item = 'items' in answered ? answered.items.find((one) => one.id === id) : answered
          if (item === undefined) {
            return (
              <>
                <h1>{capital(noun.spoken.one)}</h1>
                <Empty title={`There is no such ${noun.spoken.one}.`}>
                  <Link className="link" href={list}>
                    See all {noun.spoken.many}
                  </Link>
                </Empty>
              </>
            )
          }
          return (
            <>
              <header className="page-head">
                <PageTitle>{noun.completes(item).word}</PageTitle>
                <p className="muted">{noun.spoken.one}</p>
                <div className="page-acts">
                  <VerbButtons
                    noun={noun}
                    item={item}
                    onDone={({ method }) => {
                      if (method === 'DELETE') navigate(list)
                    }}
                  />
                </div>
              </header>
              <Panel title={capital(noun.spoken.one)}>
                <dl className="facts">
                  {noun.list.columns.map((column) => (
                    <Fact key={column.heading} heading={column.heading}>
                      <Value column={column} item={item} />
                    </Fact>
                  ))}
                </dl>
              </Panel>
            </>
          )
        }}
      </Answered>
    </div>
  )
}

function Fact({ heading, children }: { readonly heading: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt>{capital(heading.toLowerCase())}</dt>
      <dd>{children}</dd>
    </>
  )
}
