import { useLocation, useParams } from 'wouter'
import type { ApprovalView } from '../../../protocol/nouns/people/approvals.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Answered } from '../../parts/answered.tsx'
import { PageTitle } from '../../parts/said.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { ApprovalFacts, DecideBar, EVERY_MS, Standing, useDecide } from './approval-parts.tsx'

/** One action that waits, or waited: where a link from a message leads. */
export function Approval() {
  const { id = '' } = useParams()
  const answer = useAnswer<ApprovalView>(`/approvals/${encodeURIComponent(id)}`, { everyMs: EVERY_MS })
  return (
    <div className="page">
      <Answered answer={answer}>{(approval) => <Shown key={approval.id} approval={approval} />}</Answered>
    </div>
  )
}

function Shown({ approval }: { readonly approval: ApprovalView }) {
  const [, navigate] = useLocation()
  const decide = useDecide(approval)
  useKeys({ a: decide.approve, d: decide.deny, Escape: () => navigate('/approvals') })
  return (
    <>
      <header className="page-head">
        <PageTitle>{`${approval.tool.name} of ${approval.user.name} on ${approval.host}`}</PageTitle>
        <Standing approval={approval} />
      </header>
      <div className="stack-4">
        <ApprovalFacts approval={approval} />
      </div>
      <DecideBar approval={approval} decide={decide} />
    </>
  )
}
