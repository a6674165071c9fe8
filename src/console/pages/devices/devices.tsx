import { CARDS } from '../../../checks/checks.ts'
import { VERDICTS } from '../../../protocol/messages/attestation-result.ts'
import type { DeviceSummary } from '../../../protocol/nouns/devices/devices.ts'
import { TIERS } from '../../../protocol/tier.ts'
import { countText, isProvenKey } from '../../data/words.ts'
import { ListPage } from '../../list/list-page.tsx'
import type { ListSpec } from '../../list/list-spec.ts'
import { Said } from '../../parts/said.tsx'
import { Frozen, Proof, Status, VerdictStatus } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'

const YES_NO = [
  { value: 'yes', label: 'yes' },
  { value: 'no', label: 'no' },
]

const VERDICT_WORDS = {
  compliant: 'compliant',
  'not-compliant': 'not compliant',
  stale: 'stale',
  unknown: 'no verdict',
}

const DEVICES: ListSpec<DeviceSummary> = {
  title: 'Devices',
  one: 'device',
  many: 'devices',
  path: '/devices',
  keyOf: ({ id }) => id,
  hrefOf: ({ id }) => `/devices/${id}`,
  columns: [
    {
      heading: 'Host',
      sort: 'host',
      cell: ({ label, id }) => <Said>{label?.hostname ?? id}</Said>,
      value: ({ label }) => label?.hostname,
    },
    { heading: 'Owner', sort: 'owner', cell: ({ owner }) => <Said>{owner}</Said>, value: ({ owner }) => owner },
    {
      heading: 'Verdict',
      sort: 'verdict',
      cell: ({ verdict }) => <VerdictStatus verdict={verdict} />,
      value: ({ verdict }) => VERDICT_WORDS[verdict],
    },
    {
      heading: 'Frozen',
      cell: ({ frozenAgents }) =>
        frozenAgents === undefined ? <span className="faint">–</span> : <Frozen>{countText(frozenAgents)}</Frozen>,
      value: ({ frozenAgents }) => frozenAgents ?? 0,
    },
    { heading: 'System', sort: 'os', cell: ({ os }) => <Said>{os}</Said>, value: ({ os }) => os },
    {
      heading: 'Key',
      sort: 'tier',
      cell: ({ tier }) => <Proof of={isProvenKey(tier) ? 'proven' : 'reported'}>{tier}</Proof>,
      value: ({ tier }) => tier,
    },
    {
      heading: 'Last report',
      sort: 'heard',
      cell: ({ presence, lastSeenAt }) =>
        presence === 'connected' ? (
          'now'
        ) : (
          <Status of="not-answered">
            <Ago at={lastSeenAt} />
          </Status>
        ),
      value: ({ lastSeenAt }) => (lastSeenAt === undefined ? undefined : new Date(lastSeenAt).toISOString()),
    },
    {
      heading: 'Enrolled',
      sort: 'enrolled',
      wide: true,
      cell: ({ enrolledAt }) => <Ago at={enrolledAt} />,
      value: ({ enrolledAt }) => new Date(enrolledAt).toISOString(),
    },
    {
      heading: 'Daemon',
      wide: true,
      cell: ({ daemon }) => <Said>{daemon?.version}</Said>,
      value: ({ daemon }) => daemon?.version,
    },
    { heading: 'ID', sort: 'id', wide: true, cell: ({ id }) => <code>{id}</code>, value: ({ id }) => id },
  ],
  views: [
    { label: 'All', query: {} },
    { label: 'Not compliant', query: { verdict: 'not-compliant' } },
    { label: 'Silent too long', query: { silentTooLong: 'yes' } },
    { label: 'With frozen agents', query: { stopped: 'yes' } },
  ],
  filters: [
    { member: 'name', label: 'Host, part of it' },
    { member: 'verdict', label: 'verdict', choices: VERDICTS.map((value) => ({ value, label: VERDICT_WORDS[value] })) },
    {
      member: 'failing',
      label: 'fails',
      choices: CARDS.map(({ name, english }) => ({ value: name, label: english.title })),
    },
    { member: 'owner', label: 'Owner' },
    {
      member: 'presence',
      label: 'presence',
      choices: ['connected', 'silent'].map((value) => ({ value, label: value })),
    },
    { member: 'silentTooLong', label: 'silent too long', choices: YES_NO },
    { member: 'stopped', label: 'frozen agents', choices: YES_NO },
    { member: 'os', label: 'System' },
    { member: 'tier', label: 'key', choices: TIERS.map((value) => ({ value, label: value })) },
    { member: 'label', label: 'Label, NAME=VALUE' },
    { member: 'tamperSign', label: 'tampering', choices: [{ value: 'any', label: 'any sign' }] },
    {
      member: 'status',
      label: 'status',
      choices: ['active', 'retired', 'all'].map((value) => ({ value, label: value })),
    },
  ],
  empty: (
    <p className="muted">
      Make an enrolment string with <code>surety-directory tokens create</code> and start <code>suretyd</code> with it.
    </p>
  ),
}

export function Devices() {
  return <ListPage spec={DEVICES} />
}
