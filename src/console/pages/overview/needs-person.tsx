import { Link } from 'wouter'
import type { Summary } from '../../../protocol/nouns/directory/directory.ts'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { Tone } from '../../parts/status.tsx'

/** What waits for somebody, the most urgent first. */

interface Need {
  readonly icon: IconName
  readonly tone: Tone
  readonly title: string
  readonly about: string
  readonly act: string
  readonly href: string
  /** It holds somebody up now. */
  readonly isUrgent?: true
}

interface Total {
  readonly total?: number
}

interface NeedsPersonProps {
  readonly summary: Summary
  /** Classes for its place in the page. */
  readonly place: string
}

export function NeedsPerson({ summary, place }: NeedsPersonProps) {
  const mayRegister = useMay('register')
  const claims = useAnswer<Total>('/claims?state=pending&limit=1', { enabled: mayRegister }).data?.total ?? 0
  const zombies = useAnswer<Total>('/zombies?limit=1', { enabled: mayRegister }).data?.total ?? 0
  const reviews = useAnswer<Total>('/reviews?state=open&limit=1', { enabled: mayRegister }).data?.total ?? 0
  const needs = [...needsOf(summary), ...registerNeeds({ claims, zombies, reviews })]
  return (
    <Panel title="Needs a person" aside={countText(needs.length)} place={place} flush>
      {needs.length === 0 ? (
        <div className="panel-body calm">
          <span className="ok">
            <Icon name="pass" />
          </span>
          <p className="stack">
            <span className="strong read">Nothing waits for you.</span>
            <span className="muted">New agents, claims, reviews and stops that need a second person appear here.</span>
          </p>
        </div>
      ) : (
        <ol className="needs">
          {needs.map(({ icon, tone, title, about, act, href, isUrgent }) => (
            <li key={title} className={isUrgent === true ? 'most-urgent' : undefined}>
              <span className={tone}>
                <Icon name={icon} />
              </span>
              <div className="stack">
                <span className="medium">{title}</span>
                <span className="muted small">{about}</span>
              </div>
              <Link className={`button ${isUrgent === true ? 'button-main' : 'button-small'}`} href={href}>
                {act}
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}

function needsOf({ stops, seenAgents, devices, pendingDevices, pendingReEnrolments }: Summary): readonly Need[] {
  const needs: readonly (Need | false)[] = [
    stops.toConfirm > 0 && {
      icon: 'second-person',
      tone: 'warn',
      title: `${counted(stops.toConfirm, 'stop')} waits for a second person`,
      about: 'It is not in force until somebody else confirms it',
      act: 'Review and confirm',
      href: '/stops?state=waiting',
      isUrgent: true,
    },
    stops.failed > 0 && {
      icon: 'fail',
      tone: 'bad',
      title: `${counted(stops.failed, 'device')} failed to stop agents`,
      about: 'Agents may still run there',
      act: 'See the stops',
      href: '/stops?state=standing',
    },
    stops.unanswered > 0 && {
      icon: 'frozen',
      tone: 'ice',
      title: `${counted(stops.unanswered, 'device has', 'devices have')} not answered a stop`,
      about: 'They freeze their agents when they connect',
      act: 'See the stops',
      href: '/stops?state=standing',
    },
    seenAgents.unknown > 0 && {
      icon: 'unregistered',
      tone: 'warn',
      title: counted(seenAgents.unknown, 'unregistered agent'),
      about: 'Nobody has decided about them',
      act: 'Triage',
      href: '/inbox',
    },
    seenAgents.deviating > 0 && {
      icon: 'warning',
      tone: 'warn',
      title: `${counted(seenAgents.deviating, 'registered agent')} deviating`,
      about: 'They differ from what was registered',
      act: 'See them',
      href: '/inbox?deviating=yes',
    },
    devices.forked > 0 && {
      icon: 'fail',
      tone: 'bad',
      title: `${counted(devices.forked, 'device')} with a copied key or a rolled-back disk`,
      about: 'Two different reports appeared at one place of the chain',
      act: 'See devices',
      href: '/devices?warning=FORKED',
    },
    devices.tampered > 0 && {
      icon: 'warning',
      tone: 'bad',
      title: `${counted(devices.tampered, 'device')} with signs of tampering`,
      about: 'In the last 7 days',
      act: 'See devices',
      href: '/devices?tamperSign=any',
    },
    devices.silentTooLong > 0 && {
      icon: 'clock',
      tone: 'none',
      title: `${counted(devices.silentTooLong, 'device')} silent for too long`,
      about: 'Their verdict is stale, which is never good',
      act: 'See devices',
      href: '/devices?silentTooLong=yes',
    },
    pendingDevices + pendingReEnrolments > 0 && {
      icon: 'laptop',
      tone: 'none',
      title: `${counted(pendingDevices + pendingReEnrolments, 'device waits', 'devices wait')} to be accepted`,
      about: `${countText(pendingDevices)} new, ${countText(pendingReEnrolments)} enrolled before`,
      act: 'Decide',
      href: pendingDevices > 0 ? '/pending-devices' : '/re-enrolments',
    },
  ]
  return needs.filter((need) => need !== false)
}

function registerNeeds(counts: { readonly claims: number; readonly zombies: number; readonly reviews: number }) {
  const { claims, zombies, reviews } = counts
  const needs: readonly (Need | false)[] = [
    reviews > 0 && {
      icon: 'review',
      tone: 'none',
      title: counted(reviews, 'open review'),
      about: 'Owners say whether their agents are still needed; silence is an answer too',
      act: 'See answers',
      href: '/reviews?state=open',
    },
    claims > 0 && {
      icon: 'person',
      tone: 'none',
      title: counted(claims, 'claim that waits', 'claims that wait'),
      about: 'People said that an agent is theirs',
      act: 'Decide',
      href: '/claims?state=pending',
    },
    zombies > 0 && {
      icon: 'zombie',
      tone: 'none',
      title: counted(zombies, 'zombie'),
      about: 'Registered agents without an owner, past their end, or idle',
      act: 'Decide',
      href: '/zombies',
    },
  ]
  return needs.filter((need) => need !== false)
}
