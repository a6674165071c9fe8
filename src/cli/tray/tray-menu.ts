import type { Verdict, VerdictReason } from '../../protocol/messages/attestation-result.ts'
import type { Status, Support, TrayShow } from '../../protocol/messages/control.ts'
import type { FrozenBy } from '../../protocol/sighting.ts'
import { isEnrolling, type OpenWarning, openWarnings } from '../../view/health-texts.ts'
import { openReasons } from '../../view/open-reasons.ts'
import { PRIVACY_TEXTS } from '../../view/privacy-texts.ts'
import { inOrder, isUnknown, titleOf } from '../../view/sightings/sighting-rows.ts'
import { verdictOf } from '../../view/verdict-now.ts'
import { wallTime } from '../../view/wall-time.ts'
import { advisedItems, reasonItems, reasonTitle } from './reason-items.ts'
import { MAX_NOTICES, type TrayDocument, type TrayItem, type TrayNotice, type TrayState } from './tray-document.ts'
import { actionItem, bounded, grouped, limited, menuItem, paragraph, SEPARATOR, textItem } from './tray-items.ts'
import { selectedText, TRAY_TEXTS, type TrayTexts } from './tray-texts.ts'
import type { TrayInit, TrayView } from './tray-view.ts'

/** What the tray knows: a status, or that the daemon gives none. */
export interface TrayKnowledge {
  readonly status?: Status | undefined
  /** From the settings, while there is no status. */
  readonly support?: Support | undefined
  readonly show?: TrayShow | undefined
  /** Since when the daemon gives no answer. */
  readonly awayForMs?: number
}

/** The whole document. The same knowledge gives the same document, whatever the time, so that a change is a change. */
export function trayDocument(known: TrayKnowledge, init: TrayInit): TrayDocument {
  const view = { texts: TRAY_TEXTS[init.language], init }
  const { status } = known
  const show = status?.tray?.show ?? known.show ?? 'always'
  const drawn = status === undefined ? awayTray(known, view) : statusTray(status, view)
  const { state, title, advice } = drawn
  return {
    schema: 'surety/tray@1',
    state,
    title: bounded(title),
    tooltip: bounded(drawn.tooltip ?? `${title}. ${advice}`),
    visible: show === 'always' || (show === 'when-needed' && state !== 'ok'),
    items: limited([textItem(title), textItem(advice), SEPARATOR, ...drawn.items]),
    notices: show === 'never' ? [] : drawn.notices.slice(0, MAX_NOTICES),
  }
}

interface Drawn {
  readonly state: TrayState
  readonly title: string
  readonly advice: string
  readonly tooltip?: string
  readonly items: readonly TrayItem[]
  readonly notices: readonly TrayNotice[]
}

/** An update restarts the daemon: that is no news. */
const AWAY_NOTICE_MS = 2 * 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

function awayTray({ support, awayForMs = 0 }: TrayKnowledge, view: TrayView): Drawn {
  const { titles, advice } = view.texts
  // The same fault on another day is news again.
  const day = Math.floor((view.init.nowMs - awayForMs) / DAY_MS)
  const notices = awayForMs < AWAY_NOTICE_MS ? [] : [notice(`away:${day}`, titles.away, advice.away)]
  return {
    state: 'unreachable',
    title: titles.away,
    advice: advice.away,
    notices,
    items: grouped([collectedMenu(undefined, view)], supportItems(support, view)),
  }
}

function statusTray(status: Status, view: TrayView): Drawn {
  const open = openReasons(status)
  const warnings = openWarnings(status, view.init.language)
  const titles = open.failing.map((reason) => reasonTitle(reason, view))
  const head = headOf(status, { titles, unchecked: open.unchecked.length, warnings: warnings.open }, view)
  const items = grouped(
    stopItems(status, view),
    [
      ...reasonItems([...open.failing, ...open.unchecked], status, view),
      ...warnings.open.slice(0, MAX_WARNINGS).flatMap(({ text }) => paragraph(text, '    ')),
      ...advisedItems(open.advised, status, view),
      ...remedyItems([...warnings.open, ...warnings.elsewhere], view),
      ...(status.directory.connected || status.enrolment !== 'enrolled' ? [] : [textItem(view.texts.notConnected)]),
    ],
    agentItems(status, view),
    [actionItem(view.texts.check, 'check', '--wait'), collectedMenu(status.directory.url, view)],
    supportItems(status.support, view),
  )
  const notices = noticesOf(status, { reasons: open.failing, titles, warnings: warnings.open }, view)
  return { ...head, items, notices }
}

type Head = Pick<Drawn, 'state' | 'title' | 'advice' | 'tooltip'>

interface ToMend {
  /** Of failed checks. */
  readonly titles: readonly string[]
  readonly warnings: readonly OpenWarning[]
}

function headOf(
  status: Status,
  { titles: toFix, unchecked, warnings }: ToMend & { readonly unchecked: number },
  { texts, init }: TrayView,
): Head {
  const { titles, advice } = texts
  const standing = status.stops?.standing ?? []
  if (standing.length > 0) {
    const isForAll = standing.some(({ selector }) => selector.select === 'all')
    return { state: 'stopped', title: titles.stopped, advice: isForAll ? advice.stopped : advice.stoppedSome }
  }
  const { enrolment } = status
  if (isEnrolling(status)) return { state: 'pending', title: titles.enrolling, advice: advice.enrolling }
  if (enrolment !== 'enrolled') {
    const state = enrolment === 'pending' ? 'pending' : 'not-enrolled'
    return { state, title: titles[enrolment], advice: advice[enrolment] }
  }
  if (toFix.length > 0) {
    const title = texts.toFix(toFix.length)
    return { state: 'attention', title, advice: advice.open, tooltip: `${title}. ${toFix.join('; ')}` }
  }
  // Before the verdict: a fault may be why there is none.
  const [warning] = warnings
  if (warning !== undefined) {
    const isForUser = warning.by === 'user'
    const title = isForUser ? titles.act : titles.help
    const tooltip = `${title}. ${warnings.map(({ text }) => text).join(' ')}`
    return { state: 'attention', title, advice: isForUser ? advice.act : advice.help, tooltip }
  }
  if (unchecked > 0) return { state: 'pending', title: texts.notChecked(unchecked), advice: advice.unchecked }
  const verdict = verdictOf(status, init.nowMs)
  if (verdict !== 'compliant') return unsettledHead(verdict, status, texts)
  return { state: 'ok', title: titles.ok, advice: advice.ok }
}

/** Nothing to fix, and no good verdict. */
function unsettledHead(
  verdict: Exclude<Verdict, 'compliant'>,
  { directory }: Status,
  { titles, advice }: TrayTexts,
): Head {
  switch (verdict) {
    case 'stale':
      return { state: 'attention', title: titles.ended, advice: directory.connected ? advice.ended : advice.offline }
    case 'unknown':
      return { state: 'pending', title: titles.waiting, advice: directory.connected ? advice.waiting : advice.unheard }
    case 'not-compliant':
      return { state: 'pending', title: titles.waiting, advice: directory.connected ? advice.fixed : advice.unheard }
  }
  return verdict satisfies never
}

/** More would push agents and commands out of the menu. */
const MAX_WARNINGS = 4

/** In the words of the daemon, for the support. */
function remedyItems(warnings: readonly Pick<OpenWarning, 'code' | 'remedy'>[], { texts, init }: TrayView): TrayItem[] {
  if (warnings.length === 0) return []
  // The remedies are of the daemon, in English: others get the code, which they can quote.
  const lines = warnings.map(({ code, remedy }) =>
    init.language === 'en' ? paragraph(`${code}: ${remedy}`, '    ') : [textItem(code)],
  )
  return [menuItem(texts.health(warnings.length), grouped(...lines))]
}

type Standing = NonNullable<Status['stops']>['standing'][number]

const MAX_STOPS = 5

/** An agent by its name, where it is known. */
function stoppedTitle(selector: Standing['selector'], { sightings, stops }: Status, { texts, init }: TrayView): string {
  const id = selector.select === 'agent' ? selector.agent : undefined
  const seen = id === undefined ? undefined : sightings.find((one) => one.kind === 'agent' && one.id === id)
  const name = seen?.name ?? stops?.held.find(({ agent }) => agent === id)?.name
  return texts.stopped(name ?? selectedText(selector, init.language))
}

function stopItems(status: Status, view: TrayView): TrayItem[] {
  const { stops } = status
  const { texts } = view
  if (stops === undefined || stops.standing.length === 0) return []
  const { standing, held, heldCount } = stops
  const titleOfStop = ({ selector }: Standing) => stoppedTitle(selector, status, view)
  const [first, ...others] = standing
  const menus = others
    .slice(0, MAX_STOPS - 1)
    .map((stop) => menuItem(titleOfStop(stop), stopLines(stop, status, texts)))
  const more = others.length - menus.length
  const names = held.map(({ name, user, processes }) => textItem(`${name} (${user}), ${texts.processes(processes)}`))
  return [
    // Who and why without another click.
    ...(first === undefined ? [] : [textItem(titleOfStop(first)), ...stopLines(first, status, texts)]),
    ...menus,
    ...(more > 0 ? [textItem(`… +${more}`)] : []),
    ...(heldCount === 0 ? [] : [menuItem(texts.held(heldCount), names)]),
    ...(standing.some(({ releasable }) => releasable) ? [actionItem(texts.release, 'release')] : []),
  ]
}

function stopLines(
  { by, reason, since, until, kind, releasable }: Standing,
  { support }: Status,
  texts: TrayTexts,
): TrayItem[] {
  return [
    ...(reason === '' ? [] : paragraph(texts.why(reason))),
    textItem(texts.stoppedBy(by, wallTime(since))),
    ...(until === undefined ? [] : [textItem(texts.until(wallTime(until)))]),
    ...(kind === 'retire' ? [textItem(texts.ends)] : []),
    ...(releasable ? [] : paragraph(texts.whoReleases(support?.contact, by))),
  ]
}

function agentItems({ sightings, limitedToCaller }: Status, { texts }: TrayView): TrayItem[] {
  const agents = inOrder(sightings.filter((one) => one.kind === 'agent').filter(({ state }) => state === 'running'))
  if (agents.length === 0) return [textItem(texts.noAgents)]
  const menus = agents.map((agent) => {
    const { frozenBy } = agent
    const unknown = isUnknown(agent) ? [texts.unknownAgent] : []
    const manner =
      frozenBy === undefined ? texts.autonomy[agent.autonomy?.level ?? 'unknown'] : frozenText(frozenBy, texts)
    const { workspace, user } = agent
    return menuItem(
      [titleOf(agent), ...unknown, manner].join(' · '),
      grouped(
        [
          ...(workspace === undefined ? [] : paragraph(texts.worksIn(workspace))),
          ...(limitedToCaller || user === undefined ? [] : [textItem(texts.ofUser(user.name))]),
          textItem(agent.process?.executable ?? agent.path ?? agent.id.slice(0, 8)),
        ],
        // One click more, so that a slip stops nothing.
        frozenBy !== undefined
          ? []
          : [menuItem(texts.freeze(agent.name), [actionItem(texts.freezeNow, 'freeze', agent.id)])],
      ),
    )
  })
  const frozen = agents.filter(({ frozenBy }) => frozenBy !== undefined).length
  return [menuItem(texts.agents(agents.length, frozen), menus)]
}

/** `FROZEN by ada (incident 42)`. The menu of the stops has the rest. */
function frozenText([first, ...others]: readonly FrozenBy[], texts: TrayTexts): string {
  const more = others.length === 0 ? '' : ` +${others.length}`
  return `${texts.frozenAgent(first?.by ?? '', first?.reason ?? '')}${more}`
}

function collectedMenu(url: string | undefined, { texts, init }: TrayView): TrayItem {
  const { collected, never, seenBy, kept } = PRIVACY_TEXTS[init.language]
  const list = (all: readonly string[]) => all.flatMap((text) => paragraph(text, '    '))
  return menuItem(
    texts.collected,
    grouped(
      collected.flatMap(([source, what]) => paragraph(`${source}: ${what}`, '    ')),
      [
        menuItem(texts.never, list(never)),
        menuItem(texts.seenBy, list(seenBy)),
        menuItem(texts.kept, list(kept)),
        ...(url === undefined ? [] : [textItem(texts.sentTo(url))]),
      ],
    ),
  )
}

const MAIL = /^[^\s@<>"?&:/]+@[^\s@<>"?&:/]+$/
const MAX_URL = 512

function supportItems(support: Support | undefined, { texts }: TrayView): TrayItem[] {
  const { owner, contact, url } = support ?? {}
  const isMail = contact !== undefined && MAIL.test(contact)
  return [
    ...(contact === undefined
      ? []
      : isMail
        ? [
            {
              type: 'link',
              text: bounded(`${texts.askSupport}: ${contact}`),
              url: `mailto:${encodeURI(contact)}`,
            } as const,
          ]
        : [textItem(`${texts.askSupport}: ${contact}`)]),
    ...(url === undefined || url.length > MAX_URL ? [] : [{ type: 'link', text: bounded(texts.help), url } as const]),
    ...(contact !== undefined || owner === undefined ? [] : [textItem(`${texts.askSupport}: ${owner}`)]),
  ]
}

/** Brings no notice if it is over within this time. The icon shows it at once. */
function fixNoticeMs(check: string): number {
  return check === 'os.security-updates' ? DAY_MS : HOUR_MS
}

/** Brings no notice if it is over within this time. */
const HEALTH_NOTICE_MS = 10 * 60_000
/** A fault that comes again within this time, as after a restart, is no news either. */
const HEALTH_AGAIN_MS = 7 * DAY_MS

function noticesOf(
  status: Status,
  toMend: ToMend & { readonly reasons: readonly VerdictReason[] },
  view: TrayView,
): TrayNotice[] {
  const { texts } = view
  const { titles, advice } = texts
  const { enrolment, stops, support } = status
  const askSupport = `${texts.askSupport}${support?.contact === undefined ? '.' : `: ${support.contact}`}`
  // Not what this person has stopped themselves.
  const foreign = (stops?.standing ?? []).filter(({ releasable }) => !releasable)
  const stopNotices = foreign.map(({ stop, since, selector, by, reason }) =>
    notice(
      `stop:${stop}:${since}`,
      stoppedTitle(selector, status, view),
      reason === '' ? texts.stoppedBy(by, wallTime(since)) : `${by}: ${reason}`,
      'critical',
    ),
  )
  // `since` is by the clock of the directory.
  const nowMs = status.directory.time ?? status.time
  const lasting = toMend.reasons.filter(({ check, since = 0 }) => nowMs - since >= fixNoticeMs(check))
  const newest = lasting.toSorted((a, b) => (b.since ?? 0) - (a.since ?? 0))[0]
  const standing = toMend.warnings.filter(({ since }) => status.time - since >= HEALTH_NOTICE_MS)
  return [
    ...stopNotices,
    ...(enrolment === 'refused' || enrolment === 'retired'
      ? [notice(`enrolment:${enrolment}`, titles[enrolment], advice[enrolment])]
      : []),
    // One for all: its id changes when another check fails.
    ...(newest === undefined || enrolment !== 'enrolled'
      ? []
      : [
          notice(
            `fix:${newest.check}:${newest.since ?? 0}`,
            texts.toFix(toMend.titles.length),
            toMend.titles.join('; '),
          ),
        ]),
    ...standing.map(({ code, by, text, since }) =>
      notice(
        `health:${code}:${Math.floor(since / HEALTH_AGAIN_MS)}`,
        by === 'user' ? titles.act : titles.help,
        by === 'user' ? text : `${text} ${askSupport}`,
      ),
    ),
  ]
}

function notice(id: string, title: string, text: string, urgency: TrayNotice['urgency'] = 'normal'): TrayNotice {
  return { id, title: bounded(title), text: bounded(text), urgency }
}
