import { type PostInit, post } from '../webhooks/post.ts'
import { type Medium, moreOf, type Outgoing, TEST_TEXT, urlOf, withinSize } from './media.ts'
import { line, type MessageSection } from './things.ts'

/**
 * Slack: an incoming webhook, with blocks. Foreign text is in `plain_text`, which has no markup, and its control characters are
 * escaped as in all text of Slack: without `<` there is no mention, no channel and no link.
 */

const MOST_HEADER = 150
const MOST_SECTION = 2_500

export function slack(url: string, init: PostInit): Medium {
  return {
    server: new URL(url).host,
    send: (message, signal) => post({ url, headers: {}, body: JSON.stringify(slackMessage(message)) }, init, signal),
  }
}

/** @returns the body of a request to an incoming webhook. */
export function slackMessage({ content: { subject, sections }, origin }: Outgoing) {
  const blocks = sections.flatMap((section) => blocksOf(section, origin))
  return {
    // For notifications, and where blocks are not shown.
    text: escaped(subject),
    unfurl_links: false,
    blocks: [
      { type: 'header', text: plain(line(subject, MOST_HEADER)) },
      ...(blocks.length === 0 ? [{ type: 'section', text: plain(TEST_TEXT) }] : blocks),
    ],
  }
}

function blocksOf(given: MessageSection, origin: string): readonly object[] {
  const section = withinSize(given, MOST_SECTION, (text) => escaped(text).length + 3)
  const more = moreOf(section)
  const lines = [...section.lines.map(({ text }) => `• ${text}`), ...(more === undefined ? [] : [more])]
  const link = `<${escaped(urlOf({ origin }, section.path))}|Open in the console>`
  return [
    { type: 'section', text: { type: 'mrkdwn', text: `*${section.title}*`, verbatim: true } },
    { type: 'section', text: plain(lines.join('\n')) },
    { type: 'context', elements: [{ type: 'mrkdwn', text: link, verbatim: true }] },
  ]
}

function plain(text: string) {
  return { type: 'plain_text', text: escaped(text), emoji: false }
}

/** As Slack asks for: these three are its control characters. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
