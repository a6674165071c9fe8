import { useParams } from 'wouter'
import type { Item, Noun } from '../../../protocol/noun/noun.ts'
import { ALL_NOUNS } from '../../../protocol/nouns/all-nouns.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { capital, pageOf, Value } from '../../list/noun-list.tsx'
import { Answered, Empty } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'

/** One item of a noun that has no page of its own. */
export function NounItem() {
  const { noun: name = '', id = '' } = useParams()
  const noun = ALL_NOUNS.find((one) => pageOf(one) === `/${name}`)
  if (noun?.show === undefined) return <Empty title="There is no such page." />
  return <Shown noun={noun} id={id} />
}

function Shown({ noun, id }: { readonly noun: Noun; readonly id: string }) {
  const answer = useAnswer<Item>(`${noun.path}/${encodeURIComponent(id)}`)
  return (
    <div className="page">
      <Answered answer={answer}>
        {(item) => (
          <>
            <header className="page-head">
              <h1>
                <Said>{noun.completes(item).word}</Said>
              </h1>
              <p className="muted">{noun.spoken.one}</p>
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
        )}
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
