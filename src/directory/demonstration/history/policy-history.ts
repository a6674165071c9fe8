import { DAY_MS, HISTORY_MS, HOUR_MS } from '../company/devices.ts'
import { administratorOf, type HistoryParts } from './history-parts.ts'

/** What the company asked of devices and agents, in versions. */
export function planPolicy(parts: HistoryParts): void {
  const { timeline, now, services, known } = parts
  timeline.act(now - HISTORY_MS + 4 * HOUR_MS, async () => {
    await services.policies.set(FIRST_POLICY, { actor: administratorOf(parts, 'lead').id, force: true })
  })
  timeline.act(now - 14 * DAY_MS, async () => {
    const exempt = known.devices.get(0)
    const text = exempt === undefined ? SECOND_POLICY : SECOND_POLICY + exemptionOf(exempt, now + 20 * DAY_MS)
    await services.policies.set(text, { actor: administratorOf(parts, 'second').id, force: true })
  })
  timeline.act(now - 13 * DAY_MS, async () => {
    await services.rules.set(RULES, { actor: administratorOf(parts, 'second').id, force: true })
    await parts.settle()
  })
  timeline.act(now - 26 * DAY_MS, () => addWebhook(parts))
}

const FIRST_POLICY = `schema: surety/policy@1
# What the company asked of laptops at first.
checks:
  os.security-updates: required
  management.mdm: advisory
`

const SECOND_POLICY = `schema: surety/policy@1
# A week to install updates, and three days to turn the firewall on again.
checks:
  os.security-updates: {weight: required, grace: 7}
  network.firewall: {weight: required, grace: 3}
  management.mdm: advisory
groups:
  - name: build-machines
    match: {label: {role: [build]}}
    checks: {session.screen-lock: off}
`

function exemptionOf(device: string, end: number): string {
  return `exemptions:
  - device: ${device}
    check: disk.fixed-encrypted
    owner: it@demo.example
    reason: the second disk has only build caches
    end: "${new Date(end).toISOString().slice(0, 10)}"
`
}

const RULES = `schema: surety/rules@1
rules:
  - name: not-reviewed
    match: {product: [droid]}
    action: block
    reason: Security has not reviewed it
  - name: programs-of-nobody
    match: {known: false}
    action: ask
zombies:
  idle-after: 14d
  idle: warn
  review-overdue: warn
  device-lost: report
`

/** It is switched off: a demonstration sends nothing. */
async function addWebhook(parts: HistoryParts): Promise<void> {
  const { services, store, clock } = parts
  const request = { url: 'https://siem.demo.example/hooks/surety', events: ['stop-created', 'verdict-changed'] }
  const { webhook } = await services.webhooks.add(request, administratorOf(parts, 'lead').id)
  const stored = await store.webhooks.get(webhook.id)
  if (stored === undefined) return
  await store.webhooks.update({ ...stored, disabledAt: clock.now(), problem: 'a demonstration sends nothing' })
}
