import { closed, counter, type Static, Type, text } from '../../../base/schema.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { versionedText } from '../../noun/versioned-text.ts'

/** The access policy in the administrators' API: what it would allow. */

export const ACCESS_TEST_MAX_DAYS = 30

const countsSchema = closed({ allowed: counter(), denied: counter() })

const accessTestSchema = closed({
  /** Of the text. */
  permits: counter(),
  forbids: counter(),
  /** That it names. Requests with another action meet only the rules for any action. */
  actions: Type.Array(text(128)),
  againstMs: counter(),
  /** Different questions that were asked in that time. Each is answered from what is known now. */
  questions: counter(),
  current: countsSchema,
  proposed: countsSchema,
  changed: counter(),
  /** The first of them. */
  changes: Type.Array(
    closed({
      subject: text(300),
      agent: Type.Optional(text(300)),
      device: Type.Optional(text(300)),
      action: text(128),
      resource: text(600),
      times: counter(),
      from: Type.Boolean(),
      to: Type.Boolean(),
      rules: Type.Array(text(64)),
    }),
    { maxItems: 100 },
  ),
  /** Why it is not set without `force`. */
  objection: Type.Optional(text(1000)),
  /** What is sound but probably a mistake. */
  warnings: Type.Array(text(1000)),
})
export type AccessTest = Static<typeof accessTestSchema>
export const accessTestReader = apiAnswer(accessTestSchema, 'test of an access policy')

export const accessText = versionedText('access', {
  test: accessTestSchema,
  view: {},
  /** How far back, in milliseconds. Absent: the text alone. */
  testRequest: { againstMs: Type.Optional(Type.Integer({ minimum: 0, maximum: ACCESS_TEST_MAX_DAYS * 86_400_000 })) },
})
export type AccessView = Static<typeof accessText.view>

export const ACCESS_ACTS = ['access-set', 'access-rolled-back'] as const
