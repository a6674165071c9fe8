import { isCheck } from '../../checks/checks.ts'
import { explanationOf } from '../../protocol/finding.ts'
import type { VerdictReason } from '../../protocol/messages/attestation-result.ts'
import type { Status } from '../../protocol/messages/control.ts'
import { checkText, headlineOf, remedyOf, systemsOf } from '../../view/checks/check-catalogue.ts'
import { findingIn } from '../../view/checks/findings-german.ts'
import { uncheckedAdvice } from '../../view/checks/unchecked-texts.ts'
import { wallTime } from '../../view/wall-time.ts'
import type { TrayItem } from './tray-document.ts'
import { grouped, menuItem, paragraph, textItem } from './tray-items.ts'
import type { TrayView } from './tray-view.ts'

/** The reasons of the verdict as items of the menu. */

export function reasonTitle({ check, state, reason }: VerdictReason, { texts, init }: TrayView): string {
  if (check === 'attestation' || check === 'tier' || check === 'freshness') return texts.reasons[check]
  return headlineOf(check, state, init.language) ?? `${check}: ${findingIn(init.language, reason)}`
}

/** More would push agents and commands out of the menu. The rest goes into a submenu. */
const MAX_REASONS = 10

export function reasonItems(reasons: readonly VerdictReason[], status: Status, view: TrayView): TrayItem[] {
  const menus = reasons.map((reason) => reasonMenu(reason, status, view))
  if (menus.length <= MAX_REASONS) return menus
  const more = menus.slice(MAX_REASONS)
  return [...menus.slice(0, MAX_REASONS), menuItem(view.texts.moreToFix(more.length), more)]
}

/** Why it matters, what was found, and the steps of a failed check. */
function reasonMenu(reason: VerdictReason, status: Status, view: TrayView): TrayItem {
  const { texts, init } = view
  const { check, state, since } = reason
  // Nobody at the device can fix what could not be checked.
  const graceUntil = state === 'fail' ? reason.graceUntil : undefined
  const finding = status.findings.find((one) => one.check === check)
  const explanation = finding === undefined ? reason.reason : explanationOf(finding)
  const found = paragraph(texts.found(findingIn(init.language, explanation)))
  const due = [
    ...(since === undefined ? [] : [textItem(texts.openSince(wallTime(since)))]),
    ...(graceUntil === undefined ? [] : [textItem(texts.fixBy(wallTime(graceUntil)))]),
  ]
  // The menu closes when the user opens a terminal, so the command shows all of this again.
  const terminal = textItem(texts.inTerminal(`surety explain ${check}`))
  const title =
    graceUntil === undefined ? reasonTitle(reason, view) : texts.due(reasonTitle(reason, view), wallTime(graceUntil))
  if (!isCheck(check)) return menuItem(title, [...found, ...due, textItem(texts.askSupport)])
  const why = [...paragraph(checkText(check, init.language).why), ...found]
  if (state === 'unknown') {
    const advice = uncheckedAdvice(explanation, {
      language: init.language,
      contact: status.support?.contact,
      isEnrolled: status.enrolment === 'enrolled',
    })
    return menuItem(
      title,
      grouped(
        why,
        advice.flatMap((text) => paragraph(text)),
        [...due, terminal],
      ),
    )
  }
  const systems = systemsOf(status.inventory?.osName, init.desktop, init.platform)
  const { steps, panel, minutes } = remedyOf({ check, state }, init.language, systems)
  return menuItem(
    title,
    grouped(
      why,
      [
        ...steps.flatMap((step, index) => paragraph(`${index + 1}. ${step}`, '    ')),
        ...(panel === undefined ? [] : [textItem(texts.open(panel))]),
      ],
      [textItem(texts.takes(minutes)), ...due, terminal],
    ),
  )
}

export function advisedItems(reasons: readonly VerdictReason[], status: Status, view: TrayView): TrayItem[] {
  if (reasons.length === 0) return []
  const { texts } = view
  const menus = reasons.map((reason) => reasonMenu(reason, status, view))
  return [menuItem(texts.advised(reasons.length), grouped([textItem(texts.notCounted)], menus))]
}
