import { OCSF_ACTS } from '../src/ocsf/acts.ts'
import { OCSF_CLASSES, OCSF_VERSION, type OcsfClass, OTHER } from '../src/ocsf/classes.ts'

/** `docs/reference/ocsf.md`: the class and activity of each kind of entry. */

const HEAD = `# The record in OCSF

Exports and forwarding write an entry of the record as one event of the [Open Cybersecurity Schema Framework](https://schema.ocsf.io),
version ${OCSF_VERSION}. \`metadata.event_code\` is the kind of the entry, \`metadata.uid\` its id and \`metadata.sequence\` its index in the log.
\`actor.user\` is who did it, and \`src_endpoint.ip\` from where. Members that OCSF has no place for are in \`unmapped\`: before, after, details,
the agent, the version of the policy. Classes without a source have its address there as \`source_ip\`.

A kind that this table does not have is a Base Event (class 0). So is the last event of an export, \`export-ended\`: \`unmapped.entries\` is the
number of entries before it, \`unmapped.checkpoint\` what the log had signed.

This page is made from \`src/ocsf/acts.ts\` by \`node scripts/run.cjs scripts/make-ocsf-page.ts\`.

| kind | class | activity | status | entity |
|---|---|---|---|---|
`

export function ocsfPage(): string {
  const rows = Object.entries(OCSF_ACTS).map(([kind, { class: name, activity, failed, type = '–' }]) => {
    const { uid, name: className, activities }: OcsfClass = OCSF_CLASSES[name]
    const status = failed === true ? 'Failure' : 'Success'
    return `| \`${kind}\` | ${className} ${uid} | ${activity} ${activities[activity] ?? OTHER} | ${status} | ${type} |\n`
  })
  return HEAD + rows.join('')
}
