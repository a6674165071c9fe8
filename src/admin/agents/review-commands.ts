import { type Command, InvalidArgumentError, Option } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { parseDuration } from '../../base/text/duration.ts'
import { registrations } from '../../protocol/nouns/agents/registrations.ts'
import {
  coversWords,
  NEXT_REVIEW_MS,
  REVIEW_ANSWERS,
  REVIEW_SILENCES,
  type RequestedReviewScope,
  type ReviewAnswer,
  type ReviewAnswerRequest,
  type ReviewCloseRequest,
  type ReviewedAgent,
  type ReviewRequest,
  type ReviewSilence,
  type ReviewView,
  reviewedAgentPageReader,
  reviews,
} from '../../protocol/nouns/agents/reviews.ts'
import { table } from '../../view/terminal.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import { PERSON_WORDS } from '../names/name-human.ts'
import { call, idOf, show } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'
import { membersOf } from '../nouns/options.ts'

/** `reviews`: owners say whether their agents are still needed, and silence is an answer. */

export function addReviewCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, reviews, {
    async show({ api, options }, review) {
      const { answer: answered, outcome } = options
      const owned = await membersOf(api, reviews.show?.options ?? [], options)
      const query = queryOf({
        answer: answered === undefined ? undefined : `${answered}`,
        outcome: outcome === undefined ? undefined : `${outcome}`,
        owner: owned.owner === undefined ? undefined : `${owned.owner}`,
      })
      const agents = await allPages(api, `${reviews.path}/${review.id}/agents${query}`, reviewedAgentPageReader)
      answerReview(components, options, review, [...reviewFacts(review), ...agentLines(components, agents)], agents)
    },
  })
  addStart(command, components)
  addAnswer(command, components)
  addClose(command, components)
}

interface StartOptions extends CommonOptions {
  readonly all?: boolean
  readonly product?: string
  readonly owner?: string
  readonly group?: string
  readonly due: number
  readonly silence: ReviewSilence
  readonly next?: number
  readonly dryRun?: boolean
}

function addStart(parent: Command, components: CommandComponents): void {
  withApiOptions(parent.command('start').description('ask the owners of active agents'))
    .argument('<name>')
    .option('--all', 'all active agents')
    .option('--product <id>', 'those of this product alone')
    .option('--owner <person>', `those of this owner: ${PERSON_WORDS}`)
    .option('--group <group>', 'those of owners in this group, by name or id')
    .option('--due <time>', 'until when owners answer, from now: 14d', readTime, 14 * 86_400_000)
    .addOption(
      new Option('--silence <act>', 'what becomes of agents without an answer')
        .choices(REVIEW_SILENCES)
        .makeOptionMandatory(),
    )
    .option('--next <time>', 'when the next review is due after a keep: 180d', readTime)
    .option('--dry-run', 'only say how many agents and owners it would cover')
    .addHelpText(
      'after',
      examples(
        'surety-directory reviews start "first quarter" --all --silence suspend --due 21d --dry-run',
        'surety-directory reviews start codex --product codex --silence keep --next 90d --json',
      ),
    )
    .action(async (name: string, options: StartOptions) => {
      const covers = scopeOf(options)
      const { due, silence, next, dryRun } = options
      const api = await openApi(components, options)
      if (dryRun === true) {
        const impact = await call(api, reviews, 'impact', { body: { covers } })
        answer(components, options, { schema: 'surety-directory/review-impact@1', impact }, () => [
          `the review would cover ${countOf(impact.agents, 'agent')} of ${countOf(impact.owners, 'owner')}`,
        ])
        return
      }
      const body: ReviewRequest = {
        name,
        covers,
        dueAt: components.now() + due,
        silence,
        nextReviewMs: next ?? NEXT_REVIEW_MS.usual,
      }
      const review = await call(api, reviews, 'start', { body })
      answerReview(components, options, review, [
        `the review ${review.id} has started; owners answer until ${timeOf(review.dueAt)}`,
      ])
    })
}

function scopeOf({ all, product, owner, group }: StartOptions): RequestedReviewScope {
  const given: readonly RequestedReviewScope[] = [
    ...(all === true ? [{}] : []),
    ...(product === undefined ? [] : [{ product }]),
    ...(owner === undefined ? [] : [{ owner }]),
    ...(group === undefined ? [] : [{ group }]),
  ]
  const [only, ...others] = given
  if (only !== undefined && others.length === 0) return only
  throw new SuretyError('INPUT_MALFORMED', 'say what it covers: one of --all, --product, --owner and --group')
}

/** @throws `InvalidArgumentError`. */
function readTime(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d, such as 14d')
  return ms
}

interface AnswerOptions extends CommonOptions {
  readonly note?: string
}

function addAnswer(parent: Command, components: CommandComponents): void {
  withApiOptions(
    parent.command('answer').description('answer for an agent as its owner, or record what the owner says'),
  )
    .argument('<review>', reviews.called)
    .argument('<registration>', registrations.called)
    .argument('<answer>', REVIEW_ANSWERS.join(', '), oneOf('answer', REVIEW_ANSWERS))
    .option('--note <text>', 'why, for the record')
    .addHelpText(
      'after',
      examples(
        'surety-directory reviews answer "first quarter" nightly keep',
        'surety-directory reviews answer rev_4fG2bX9a nightly end --note "builds run elsewhere" --json',
      ),
    )
    .action(async (wanted: string, agent: string, given: ReviewAnswer, options: AnswerOptions) => {
      const api = await openApi(components, options)
      const id = await idOf(api, reviews, wanted)
      const { note } = options
      const body: ReviewAnswerRequest = {
        registration: await idOf(api, registrations, agent),
        answer: given,
        ...(note === undefined ? {} : { note }),
      }
      const reviewed = await call(api, reviews, 'answer', { id, body })
      const forWhom = reviewed.onBehalf === true ? `, recorded for ${reviewed.ownerName ?? reviewed.owner}` : ''
      answer(components, options, { schema: 'surety-directory/reviewed-agent@1', agent: reviewed }, () => [
        `${reviewed.registration}: ${reviewed.answer}${forWhom}; it is carried out when the review is over`,
      ])
    })
}

interface CloseOptions extends ConsentOptions {
  readonly reason: string
  readonly discard?: boolean
}

function addClose(parent: Command, components: CommandComponents): void {
  withConsent(withApiOptions(parent.command('close').description('end a review before it is due')))
    .argument('<review>', reviews.called)
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--discard', 'carry nothing out; else answers and silence are carried out now')
    .addHelpText(
      'after',
      examples(
        'surety-directory reviews close "first quarter" --reason "all have answered"',
        'surety-directory reviews close rev_4fG2bX9a --discard --reason "wrong product" --yes --json',
      ),
    )
    .action(async (wanted: string, options: CloseOptions) => {
      const api = await openApi(components, options)
      const id = await idOf(api, reviews, wanted)
      const { answers, silence } = await show(api, reviews, id)
      const what = options.discard === true ? 'discard' : 'carry-out'
      await requireConsent(components, options, {
        facts:
          what === 'discard'
            ? ['Nothing becomes of its agents.']
            : [`${countOf(answers.silent, 'agent')} without an answer: ${silence}.`],
        act: `End the review ${JSON.stringify(wanted)} now`,
        permission: { api, action: 'register' },
      })
      const body: ReviewCloseRequest = { what, reason: options.reason }
      const review = await call(api, reviews, 'close', { id, body })
      answerReview(components, options, review, [`the review ${review.id} is ${review.state}`])
    })
}

function answerReview(
  components: CommandComponents,
  options: CommonOptions,
  review: ReviewView,
  lines: readonly string[],
  agents?: readonly ReviewedAgent[],
): void {
  const listed = agents === undefined ? {} : { agents }
  answer(components, options, { schema: 'surety-directory/review@1', review, ...listed }, () => lines)
}

function reviewFacts(review: ReviewView): readonly string[] {
  const { id, name, state, dueAt, silence, startedAt, startedBy, closedAt, closedBy, closeReason } = review
  const by = closedBy === undefined ? '' : ` by ${closedBy.name}: ${closeReason}`
  const discarded = review.discarded ? ', nothing was carried out' : ''
  const counts = (words: Readonly<Record<string, number>>) =>
    Object.entries(words)
      .flatMap(([word, count]) => (count === 0 ? [] : [`${word} ${countOf(count)}`]))
      .join(', ') || '-'
  return facts([
    ['Review', `${id}, ${state}`],
    ['Name', name],
    ['Covers', coversWords(review)],
    ['Started', `${timeOf(startedAt)} by ${startedBy.name}`],
    ['Due', timeOf(dueAt)],
    ['Silence', silence],
    ['Next review', `${countOf(Math.floor(review.nextReviewMs / 86_400_000), 'day')} after a keep`],
    ['Closed', closedAt === undefined ? undefined : `${timeOf(closedAt)}${by}${discarded}`],
    ['Answers', counts(review.answers)],
    ['Outcomes', counts(review.outcomes)],
  ])
}

function agentLines({ terminal }: CommandComponents, agents: readonly ReviewedAgent[]): readonly string[] {
  const rows = agents.map(
    ({ registration, name, owner, ownerName, answer: given, answeredBy, onBehalf, note, outcome, code }) => ({
      cells: [
        ...[registration, name, ownerName ?? owner ?? '-'],
        answeredBy === undefined ? given : `${given} by ${answeredBy.name}${onBehalf === true ? ' for the owner' : ''}`,
        code === undefined ? outcome : `${outcome}: ${code}`,
        note ?? '',
      ],
    }),
  )
  return rows.length === 0
    ? ['no agents']
    : table(rows, terminal, { heading: ['AGENT', 'NAME', 'OWNER', 'ANSWER', 'OUTCOME', 'NOTE'] })
}
