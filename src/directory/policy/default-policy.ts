import { CARDS } from '../../checks/checks.ts'

/** The policy of a directory that was given no other, as a person would write it. A test compares it with `DEFAULT_POLICY`. */
export const DEFAULT_POLICY_TEXT = `schema: surety/policy@1

# required: a failed, unknown or missing check makes the device not compliant or unknown.
# required-everywhere: as required, and it must not be "not applicable" either.
# advisory: shown as a reason, changes no verdict. off: not looked at.
checks:
${CARDS.map(({ name, weight }) => `  ${name}: ${weight}`).join('\n')}

# How long the last attestation and the last findings hold. A directory whose devices attest seldom keeps them longer.
freshness:
  attestation: 2h
  findings: 24h

# A device that was not heard for so long is recorded as silent. off: never.
silence: 7d

# required: a gate does not let a device in that has not answered each stop in force. advisory: its answer only shows it.
stop-answers: advisory

# No minimum tier beyond that of the enrolment token, no groups, no exemptions.
groups: []
exemptions: []
`
