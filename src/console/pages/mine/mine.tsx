import type { Mine as MineView } from '../../../protocol/nouns/people/mine.ts'
import { useSession } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted } from '../../data/words.ts'
import { Answered, Empty } from '../../parts/answered.tsx'
import { ClaimCard } from './claim-card.tsx'
import { ReviewCard } from './review-card.tsx'
import { SuccessionCard } from './succession-card.tsx'
import { Theirs } from './theirs.tsx'

/** What waits for whoever is signed in, and what is theirs. */
export function Mine() {
  const answer = useAnswer<MineView>('/mine', { everyMs: 30_000 })
  return (
    <div className="page">
      <Answered answer={answer}>{(mine) => <Shown mine={mine} />}</Answered>
    </div>
  )
}

function Shown({ mine }: { readonly mine: MineView }) {
  const { name } = useSession()
  const { person, claims, successions, reviews, waiting } = mine
  const asked = reviews.items.flatMap((review) => review.agents.items.map((agent) => ({ review, agent })))
  const cards = asked.length + successions.items.length + claims.items.length
  const more = claims.more || successions.more || reviews.more || reviews.items.some(({ agents }) => agents.more)
  if (person === undefined) {
    return (
      <>
        <h1>Mine</h1>
        <Empty title="Nobody in the register has your name.">
          <p className="muted">
            Devices, agents and reviews of people are shown here. You are signed in as {name}, which no active person is
            called.
          </p>
        </Empty>
      </>
    )
  }
  return (
    <>
      <header className="page-head">
        <h1>{waiting === 0 ? 'Nothing waits for you' : `${counted(cards, 'thing waits', 'things wait')} for you`}</h1>
        {more ? <p className="muted">and more once these are answered</p> : null}
      </header>
      <div className="stack-4">
        {asked.map(({ review, agent }) => (
          <ReviewCard key={`${review.id} ${agent.registration}`} review={review} agent={agent} />
        ))}
        {successions.items.map((succession) => (
          <SuccessionCard key={succession.id} succession={succession} />
        ))}
        {claims.items.map((claim) => (
          <ClaimCard key={claim.id} claim={claim} />
        ))}
      </div>
      <Theirs summary={person} />
    </>
  )
}
