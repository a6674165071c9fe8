import { Link, useLocation } from 'wouter'
import type { Summary } from '../../protocol/nouns/directory/directory.ts'
import { useMay, useSession } from '../data/session.ts'
import { signOut } from '../data/sign-in.ts'
import { useAnswer } from '../data/use-answer.ts'
import { countText } from '../data/words.ts'
import { type Page, SECTIONS } from '../pages/pages.tsx'
import { Avatar } from '../parts/avatar.tsx'
import { Icon } from '../parts/icon.tsx'
import { Said } from '../parts/said.tsx'

interface SideProps {
  readonly pages: readonly Page[]
  readonly organisation: string
  /** On a phone, where the side is a menu. */
  readonly isOpen: boolean
  onSignedOut(): void
  onClose(): void
}

export function Side({ pages, organisation, isOpen, onClose, onSignedOut }: SideProps) {
  const { name, role } = useSession()
  const { data: summary } = useAnswer<Summary>('/summary', { enabled: useMay('view') })
  return (
    <>
      {isOpen ? <button type="button" className="scrim" aria-label="Close the menu" onClick={onClose} /> : null}
      <nav className={`side ${isOpen ? 'side-open' : ''}`} aria-label="Pages">
        <div className="brand">
          <img src="/icon.svg" alt="" />
          Surety
          <span className="organisation">{organisation}</span>
        </div>
        {SECTIONS.map((section) => (
          <Section
            key={section}
            heading={section}
            pages={pages.filter((page) => page.section === section)}
            summary={summary}
          />
        ))}
        <div className="who">
          <Avatar name={name} />
          <span className="stack">
            <Said>{name}</Said>
            <span className="faint tiny">{role}</span>
          </span>
          <button
            type="button"
            className="button button-bare button-small"
            onClick={() => void signOut().finally(onSignedOut)}
          >
            Sign out
          </button>
        </div>
      </nav>
    </>
  )
}

interface SectionProps {
  readonly heading: string
  readonly pages: readonly Page[]
  readonly summary: Summary | undefined
}

function Section({ heading, pages, summary }: SectionProps) {
  const [location] = useLocation()
  if (pages.length === 0) return null
  return (
    <div className="nav">
      {heading === '' ? null : <h2>{heading}</h2>}
      {pages.map(({ path, title, icon }) => {
        const isHere = path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`)
        return (
          <Link key={path} href={path} {...(isHere ? { 'aria-current': 'page' } : {})}>
            <Icon name={icon} />
            {title}
            {summary === undefined ? null : <Count path={path} summary={summary} />}
          </Link>
        )
      })}
    </div>
  )
}

/** What waits is amber, what is in force is blue, a total is plain. */
function Count({ path, summary }: { readonly path: string; readonly summary: Summary }) {
  const { devices, stops, seenAgents, pendingDevices, pendingReEnrolments } = summary
  const waits = {
    '/inbox': seenAgents.unknown,
    '/pending-devices': pendingDevices,
    '/re-enrolments': pendingReEnrolments,
  }[path]
  if (waits !== undefined) return waits === 0 ? null : <span className="count count-waits">{countText(waits)}</span>
  if (path === '/devices') return <span className="count">{countText(devices.total)}</span>
  if (path !== '/stops' || stops.standing + stops.toConfirm === 0) return null
  return stops.toConfirm > 0 ? (
    <span className="count count-waits">{countText(stops.toConfirm)}</span>
  ) : (
    <span className="count count-in-force">{countText(stops.standing)}</span>
  )
}
