import type { Status, StatusStops } from '../../protocol/messages/control.ts'
import type { Autonomy } from '../../protocol/sighting.ts'
import type { Language } from '../../view/checks/check-catalogue.ts'

type Selector = StatusStops['standing'][number]['selector']
export type Absence = Exclude<Status['enrolment'], 'enrolled'>

/** The words of the tray. Titles are short: they are in panels and in tooltips. */
export interface TrayTexts {
  readonly titles: Readonly<
    Record<'ok' | 'act' | 'help' | 'ended' | 'waiting' | 'stopped' | 'away' | 'enrolling' | Absence, string>
  >
  /** What the title means and what to do, in one line. */
  readonly advice: Readonly<
    Record<
      | 'ok'
      | 'open'
      | 'unchecked'
      | 'act'
      | 'help'
      | 'fixed'
      | 'ended'
      | 'offline'
      | 'unheard'
      | 'waiting'
      | 'stopped'
      | 'stoppedSome'
      | 'away'
      | 'enrolling'
      | Absence,
      string
    >
  >
  readonly toFix: (count: number) => string
  readonly notChecked: (count: number) => string
  readonly moreToFix: (count: number) => string
  /** Reasons of a verdict that are no checks. */
  readonly reasons: Readonly<Record<'attestation' | 'tier' | 'freshness', string>>
  readonly found: (detail: string) => string
  readonly takes: (minutes: number) => string
  readonly inTerminal: (command: string) => string
  readonly open: (panel: string) => string
  readonly fixBy: (time: string) => string
  readonly advised: (count: number) => string
  readonly notCounted: string
  readonly health: (count: number) => string
  readonly notConnected: string
  readonly agents: (count: number, frozen: number) => string
  readonly noAgents: string
  readonly autonomy: Readonly<Record<Autonomy['level'], string>>
  readonly unknownAgent: string
  readonly frozenAgent: (by: string, reason: string) => string
  readonly worksIn: (folder: string) => string
  readonly ofUser: (user: string) => string
  readonly freeze: (agent: string) => string
  readonly freezeNow: string
  readonly openSince: (time: string) => string
  readonly due: (title: string, time: string) => string
  readonly stopped: (what: string) => string
  readonly stoppedBy: (who: string, since: string) => string
  readonly why: (reason: string) => string
  readonly until: (time: string) => string
  readonly ends: string
  /** Whom to ask: the contact, or who gave the stop. */
  readonly whoReleases: (contact: string | undefined, by: string) => string
  /** For a person who sees the icon for the first time. */
  readonly welcome: { readonly title: string; readonly text: string }
  /** After the last stop has ended. */
  readonly goOn: { readonly title: string; readonly text: string }
  readonly release: string
  readonly held: (count: number) => string
  readonly processes: (count: number) => string
  readonly check: string
  readonly collected: string
  readonly never: string
  readonly seenBy: string
  readonly kept: string
  readonly sentTo: (url: string) => string
  readonly help: string
  readonly askSupport: string
}

export const TRAY_TEXTS: Readonly<Record<Language, TrayTexts>> = {
  en: {
    titles: {
      ok: 'Surety: all good',
      act: 'Surety: needs you',
      help: 'Surety: needs your support',
      ended: 'Surety: no current verdict',
      waiting: 'Surety: waiting for the verdict',
      stopped: 'Surety: agents are stopped',
      away: 'Surety: not running',
      pending: 'Surety: waiting for approval',
      enrolling: 'Surety: being set up',
      'not-enrolled': 'Surety: not enrolled',
      refused: 'Surety: enrolment refused',
      retired: 'Surety: device retired',
    },
    advice: {
      ok: 'This device meets all requirements. Nothing to do.',
      open: 'Each line below shows what to do.',
      unchecked: 'Nothing for you to do: your administrators see it.',
      act: 'The lines below say what to do.',
      help: 'The lines below say what is wrong. Ask your support.',
      fixed: 'All is fixed. The new verdict comes within minutes.',
      ended: 'The last verdict has ended. The next one comes within minutes.',
      offline: 'The last verdict has ended. Connect to the network of your company.',
      unheard: 'The verdict comes once this device reaches the network of your company.',
      waiting: 'This device is enrolled. The first verdict comes within minutes.',
      stopped: 'No AI agent may run on this device.',
      stoppedSome: 'Some AI agents on this device may not run.',
      away: 'The service suretyd does not answer. If that lasts, restart this device, or ask your support.',
      pending: 'An administrator has to approve this device. Nothing to do.',
      enrolling: 'This device enrols automatically. Connect to the network of your company.',
      'not-enrolled': 'Ask your administrator to enrol this device.',
      refused: 'The directory refused this device. Ask your administrator.',
      retired: 'An administrator retired this device. Ask them if you still need it.',
    },
    toFix: (count) => `Surety: ${count} to fix`,
    notChecked: (count) => `Surety: ${count} could not be checked`,
    moreToFix: (count) => `And ${count} more`,
    reasons: {
      attestation: 'This device could not prove itself',
      tier: 'The key of this device is not protected enough',
      freshness: 'The last results are too old',
    },
    found: (detail) => `Found: ${detail}`,
    takes: (minutes) => `Takes about ${minutes} min`,
    inTerminal: (command) => `In a terminal: ${command}`,
    open: (panel) => `Open: ${panel}`,
    fixBy: (time) => `Fix it by ${time}`,
    advised: (count) => `Advice: ${count}`,
    notCounted: 'These do not count for the verdict.',
    health: (count) => `For your support: ${count}`,
    notConnected: 'Not connected to the directory',
    agents: (count, frozen) => `AI agents running: ${count}${frozen === 0 ? '' : `, ${frozen} of them frozen`}`,
    noAgents: 'No AI agent is running',
    autonomy: { asks: 'asks first', autonomous: 'ACTS WITHOUT ASKING', unknown: 'not known if it asks' },
    unknownAgent: 'UNRECOGNISED PROGRAM',
    frozenAgent: (by, reason) => `FROZEN by ${by}${reason === '' ? '' : ` (${reason})`}`,
    worksIn: (folder) => `Works in ${folder}`,
    ofUser: (user) => `Started by ${user}`,
    freeze: (agent) => `Stop ${agent}?`,
    freezeNow: 'Yes, stop it now',
    openSince: (time) => `Since ${time}`,
    due: (title, time) => `${title} · fix by ${time}`,
    stopped: (what) => `Stopped: ${what}`,
    stoppedBy: (who, since) => `By ${who}, since ${since}`,
    why: (reason) => `Why: ${reason}`,
    until: (time) => `Until ${time}`,
    ends: 'Agents that start are ended.',
    welcome: {
      title: 'Surety checks this device',
      text: 'Your company has set it up. What is collected: surety privacy. A notification comes when you are needed.',
    },
    goOn: { title: 'Surety: agents may run again', text: 'What was stopped resumes where it was.' },
    whoReleases: (contact, by) =>
      contact === undefined
        ? `Only an administrator can release them. Ask ${by}.`
        : `Only an administrator can release them. Contact: ${contact}`,
    release: 'Release my agents',
    held: (count) => `Held now: ${count}`,
    processes: (count) => `${count} ${count === 1 ? 'process' : 'processes'}`,
    check: 'Check again',
    collected: 'What is collected',
    never: 'Never collected',
    seenBy: 'Who sees it',
    kept: 'How long it is kept',
    sentTo: (url) => `Sent to ${url}`,
    help: 'Help',
    askSupport: 'Ask your support',
  },
  de: {
    titles: {
      ok: 'Surety: alles in Ordnung',
      act: 'Surety: braucht Sie',
      help: 'Surety: braucht Ihren Support',
      ended: 'Surety: kein aktuelles Urteil',
      waiting: 'Surety: wartet auf das Urteil',
      stopped: 'Surety: Agenten angehalten',
      away: 'Surety: läuft nicht',
      pending: 'Surety: wartet auf Freigabe',
      enrolling: 'Surety: wird eingerichtet',
      'not-enrolled': 'Surety: nicht angemeldet',
      refused: 'Surety: Anmeldung abgelehnt',
      retired: 'Surety: Gerät stillgelegt',
    },
    advice: {
      ok: 'Dieses Gerät erfüllt alle Anforderungen. Nichts zu tun.',
      open: 'Jede Zeile unten zeigt, was zu tun ist.',
      unchecked: 'Sie müssen nichts tun: Ihre Verwaltung sieht es.',
      act: 'Die Zeilen unten sagen, was zu tun ist.',
      help: 'Die Zeilen unten sagen, was nicht stimmt. Fragen Sie Ihren Support.',
      fixed: 'Alles behoben. Das neue Urteil kommt in wenigen Minuten.',
      ended: 'Das letzte Urteil ist abgelaufen. Das nächste kommt in wenigen Minuten.',
      offline: 'Das letzte Urteil ist abgelaufen. Verbinden Sie sich mit dem Netz Ihrer Firma.',
      unheard: 'Das Urteil kommt, sobald dieses Gerät das Netz Ihrer Firma erreicht.',
      waiting: 'Dieses Gerät ist angemeldet. Das erste Urteil kommt in wenigen Minuten.',
      stopped: 'Kein KI-Agent darf auf diesem Gerät laufen.',
      stoppedSome: 'Manche KI-Agenten auf diesem Gerät dürfen nicht laufen.',
      away: 'Der Dienst suretyd antwortet nicht. Bleibt das so, starten Sie das Gerät neu, oder fragen Sie Ihren Support.',
      pending: 'Die Verwaltung muss dieses Gerät freigeben. Nichts zu tun.',
      enrolling: 'Dieses Gerät meldet sich selbst an. Verbinden Sie sich mit dem Netz Ihrer Firma.',
      'not-enrolled': 'Bitten Sie Ihre Verwaltung, dieses Gerät anzumelden.',
      refused: 'Das Verzeichnis hat dieses Gerät abgelehnt. Fragen Sie Ihre Verwaltung.',
      retired: 'Die Verwaltung hat dieses Gerät stillgelegt. Fragen Sie nach, wenn Sie es noch brauchen.',
    },
    toFix: (count) => `Surety: ${count} zu beheben`,
    notChecked: (count) => `Surety: ${count} nicht prüfbar`,
    moreToFix: (count) => `Und ${count} weitere`,
    reasons: {
      attestation: 'Dieses Gerät konnte sich nicht ausweisen',
      tier: 'Der Schlüssel dieses Geräts ist nicht genug geschützt',
      freshness: 'Die letzten Ergebnisse sind zu alt',
    },
    found: (detail) => `Befund: ${detail}`,
    takes: (minutes) => `Dauert etwa ${minutes} Min.`,
    inTerminal: (command) => `Im Terminal: ${command}`,
    open: (panel) => `Öffnen: ${panel}`,
    fixBy: (time) => `Beheben bis ${time}`,
    advised: (count) => `Empfehlungen: ${count}`,
    notCounted: 'Diese zählen nicht für das Urteil.',
    health: (count) => `Für Ihren Support: ${count}`,
    notConnected: 'Nicht mit dem Verzeichnis verbunden',
    agents: (count, frozen) => `Laufende KI-Agenten: ${count}${frozen === 0 ? '' : `, davon ${frozen} angehalten`}`,
    noAgents: 'Kein KI-Agent läuft',
    autonomy: { asks: 'fragt vorher', autonomous: 'HANDELT OHNE ZU FRAGEN', unknown: 'unbekannt, ob er fragt' },
    unknownAgent: 'NICHT ERKANNTES PROGRAMM',
    frozenAgent: (by, reason) => `ANGEHALTEN von ${by}${reason === '' ? '' : ` (${reason})`}`,
    worksIn: (folder) => `Arbeitet in ${folder}`,
    ofUser: (user) => `Gestartet von ${user}`,
    freeze: (agent) => `${agent} anhalten?`,
    freezeNow: 'Ja, jetzt anhalten',
    openSince: (time) => `Seit ${time}`,
    due: (title, time) => `${title} · beheben bis ${time}`,
    stopped: (what) => `Angehalten: ${what}`,
    stoppedBy: (who, since) => `Von ${who}, seit ${since}`,
    why: (reason) => `Grund: ${reason}`,
    until: (time) => `Bis ${time}`,
    ends: 'Agenten, die starten, werden beendet.',
    welcome: {
      title: 'Surety prüft dieses Gerät',
      text: 'Ihre Firma hat es eingerichtet. Was gesammelt wird: surety privacy. Eine Meldung kommt, wenn Sie gebraucht werden.',
    },
    goOn: { title: 'Surety: Agenten dürfen wieder laufen', text: 'Was angehalten war, läuft weiter.' },
    whoReleases: (contact, by) =>
      contact === undefined
        ? `Nur die Verwaltung kann sie freigeben. Fragen Sie ${by}.`
        : `Nur die Verwaltung kann sie freigeben. Wenden Sie sich an: ${contact}`,
    release: 'Meine Agenten freigeben',
    held: (count) => `Jetzt angehalten: ${count}`,
    processes: (count) => `${count} ${count === 1 ? 'Prozess' : 'Prozesse'}`,
    check: 'Erneut prüfen',
    collected: 'Was gesammelt wird',
    never: 'Was nie gesammelt wird',
    seenBy: 'Wer es sieht',
    kept: 'Wie lange es bleibt',
    sentTo: (url) => `Gesendet an ${url}`,
    help: 'Hilfe',
    askSupport: 'Support fragen',
  },
}

const SELECTED: Readonly<
  Record<Language, { readonly all: string; readonly of: string; readonly in: string; readonly more: string }>
> = {
  en: { all: 'AI agents', of: 'of', in: 'in', more: 'and {} more' },
  de: { all: 'KI-Agenten', of: 'von', in: 'in', more: 'und {} weitere' },
}

const MAX_NAMED = 3

/** Which agents a stop is for. */
export function selectedText(selector: Selector, language: Language): string {
  const words = SELECTED[language]
  const list = (names: readonly string[]) => {
    const more = names.length - MAX_NAMED
    return [...names.slice(0, MAX_NAMED), ...(more > 0 ? [words.more.replace('{}', `${more}`)] : [])].join(', ')
  }
  switch (selector.select) {
    case 'all':
      return words.all
    case 'agent':
      return selector.agent.slice(0, 8)
    case 'product':
      return selector.product
    case 'user':
      return `${words.all} ${words.of} ${selector.user}`
    case 'match': {
      const { products, users, executables, packages, workspaces } = selector
      const named = [...(products ?? []), ...(executables ?? []), ...(packages ?? [])]
      return [
        named.length === 0 ? words.all : list(named),
        ...(users === undefined ? [] : [`${words.of} ${list(users)}`]),
        ...(workspaces === undefined ? [] : [`${words.in} ${list(workspaces)}`]),
      ].join(' ')
    }
    default:
      return selector satisfies never
  }
}
