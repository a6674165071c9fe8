import { type PostInit, post } from '../webhooks/post.ts'
import { type Medium, moreOf, type Outgoing, TEST_TEXT, urlOf, withinSize } from './media.ts'
import type { MessageSection } from './things.ts'

/**
 * Microsoft Teams: the webhook of a workflow, with an Adaptive Card. Foreign text is in text runs, which have no Markdown: there is
 * no link, no mention and no picture in it.
 */

/** Teams refuses more than 28 KB. */
const MOST_BYTES = 24 * 1024
/** Of each section. The first limit with which the card fits is taken. */
const SECTION_LIMITS = [2_000, 800, 300, 0]

export function teams(url: string, init: PostInit): Medium {
  return {
    server: new URL(url).host,
    send: (message, signal) => post({ url, headers: {}, body: JSON.stringify(teamsMessage(message)) }, init, signal),
  }
}

/** @returns the body of a request to a workflow. */
export function teamsMessage(message: Outgoing): object {
  const sizes = SECTION_LIMITS.map((most) => {
    const sections = message.content.sections.map((section) => withinSize(section, most))
    return cardMessage(message, sections)
  })
  return sizes.find((one) => Buffer.byteLength(JSON.stringify(one)) <= MOST_BYTES) ?? cardMessage(message, [])
}

function cardMessage({ content, origin }: Outgoing, sections: readonly MessageSection[]) {
  const path = sections[0]?.path ?? '/'
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            runs({ text: plain(content.subject), weight: 'Bolder', size: 'Medium' }),
            ...(content.sections.length === 0
              ? [runs({ text: TEST_TEXT })]
              : sections.flatMap((one) => linesOf(one, origin))),
          ],
          actions: [{ type: 'Action.OpenUrl', title: 'Open in the console', url: urlOf({ origin }, path) }],
        },
      },
    ],
  }
}

function linesOf(section: MessageSection, origin: string): readonly object[] {
  const more = moreOf(section)
  const selectAction = { type: 'Action.OpenUrl', url: urlOf({ origin }, section.path) }
  return [
    runs({ text: section.title, weight: 'Bolder', selectAction }),
    ...section.lines.map(({ text }) => runs({ text: `• ${plain(text)}` })),
    ...(more === undefined ? [] : [runs({ text: more, isSubtle: true })]),
  ]
}

function runs(run: object) {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', ...run }] }
}

/** Cards replace `{{DATE(…)}}` by dates, wherever it is. */
function plain(text: string): string {
  return text.replaceAll('{{', '{\u200b{')
}
