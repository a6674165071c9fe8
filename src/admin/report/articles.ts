/** Which file and field of a report answers which paragraph of the EU AI Act, and what Surety does not cover. */

interface Row {
  readonly article: string
  readonly asks: string
  readonly covered: 'yes' | 'partly' | 'no'
  /** Files and their fields. */
  readonly where: readonly string[]
  readonly missing?: string
}

const ROWS: readonly Row[] = [
  {
    article: '12(1)',
    asks: 'events are recorded automatically over the lifetime of the system',
    covered: 'partly',
    where: ['events.jsonl: time, metadata.event_code, actor, unmapped'],
    missing: 'what a model was asked and answered is not in the record',
  },
  {
    article: '12(2)',
    asks: 'events that help to find risks and substantial changes, and to monitor the system',
    covered: 'partly',
    where: ['events.jsonl', 'registrations.jsonl: changes', 'policies.json'],
    missing: 'changes of the model behind an agent',
  },
  {
    article: '14(4)(a)',
    asks: 'people can monitor the system and notice anomalies',
    covered: 'partly',
    where: ['events.jsonl', 'registrations.jsonl: purpose, scope'],
    missing: 'the limits of the model, and whether a person understood them',
  },
  {
    article: '14(4)(b), (c), (d)',
    asks: 'people know automation bias, interpret the output and may disregard it',
    covered: 'no',
    where: [],
    missing: 'Surety does not see the output of a model',
  },
  {
    article: '14(4)(e)',
    asks: 'people can stop the system',
    covered: 'yes',
    where: ['stops.jsonl: reason, createdBy, confirmedBy, inForceAt, endedAt, durationSeconds, outcome'],
  },
  {
    article: '19(1)',
    asks: 'the provider keeps the logs for at least six months',
    covered: 'partly',
    where: ['manifest.json: period, entries', 'proofs/entries.record'],
    missing: 'logs of the provider that are not in the record',
  },
  {
    article: '26(1)',
    asks: 'the system is used as its instructions say',
    covered: 'partly',
    where: ['registrations.jsonl: purpose, scope, criteria', 'policies.json, policies/'],
    missing: 'the instructions of the provider',
  },
  {
    article: '26(2)',
    asks: 'oversight is given to people with competence, training and authority',
    covered: 'partly',
    where: ['registrations.jsonl: owner, owners, expiresAt'],
    missing: 'competence and training',
  },
  {
    article: '26(5)',
    asks: 'the system is monitored, and suspended where it is a risk',
    covered: 'partly',
    where: ['events.jsonl', 'stops.jsonl'],
    missing: 'the report of an incident to provider and authority',
  },
  {
    article: '26(6)',
    asks: 'the deployer keeps the logs for at least six months',
    covered: 'yes',
    where: ['manifest.json: period, entries', 'proofs/entries.record'],
  },
  {
    article: '26(4), (7) to (11)',
    asks: 'input data, information of workers and other people, registration, impact assessment',
    covered: 'no',
    where: [],
    missing: 'these are acts outside of Surety',
  },
]

export const ARTICLES = { schema: 'surety/eu-ai-act-articles@1', regulation: 'Regulation (EU) 2024/1689', rows: ROWS }

interface About {
  readonly origin: string
  readonly since: string
  readonly until: string
  readonly pseudonymised: boolean
}

const OPEN = 'This report has personal data.'
const PSEUDONYMISED = `This report has ids in place of the names and addresses of people. It is still personal data: who has the register can tell the people.
Reasons, purposes and names of agents are as they were written, and the log has them.`

export function readmeOf(about: About): string {
  const rows = ROWS.map(
    ({ article, asks, covered, where, missing = '' }) =>
      `| ${article} | ${asks} | ${covered} | ${where.join('; ')} | ${missing} |`,
  )
  return `# Report for the EU AI Act

What people and agents did from ${about.since} to ${about.until}, from the log ${about.origin}. Times are in UTC.

Verify it with Node 20.12 or newer. The key of the log comes from another way than this report:

    node verify.mjs --key KEY
    surety audit verify proofs/entries.record --key KEY

Hashes in manifest.json find a changed file. The log has signed the entries; it has not signed registrations.jsonl, stops.jsonl and
policies.json. Their members \`entries\` and \`entry\` say which entries of the log to compare them with. Times and reasons are by the
clock and the words of that time.

${about.pseudonymised ? PSEUDONYMISED : OPEN}

| article | asks | covered | where | missing |
|---|---|---|---|---|
${rows.join('\n')}

An agent is not a high-risk system only because it is in this report. What is covered is for its deployer to judge.
`
}
