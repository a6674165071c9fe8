import { mailHtml, mailText } from '../../../src/directory/messages/mail.ts'
import type { Outgoing } from '../../../src/directory/messages/media.ts'
import { isMailAddress } from '../../../src/directory/messages/recipients.ts'
import { slackMessage } from '../../../src/directory/messages/slack.ts'
import { teamsMessage } from '../../../src/directory/messages/teams.ts'
import { contentOf, type Thing, type WaitingGroup } from '../../../src/directory/messages/things.ts'

/** What each medium is sent, with names that try to be more than text. */

const HOSTILE = [
  '<!channel> <@U123> <https://evil.example|Open in the console>',
  '[Open in the console](https://evil.example) **bold** <at>everyone</at> {{DATE(2026-12-02T00:00:00Z)}}',
  '<img src=x onerror=alert(1)></li></ul><a href="https://evil.example">Open</a> " \' &',
  'line\r\nBcc: everyone@example.org\r\n\r\nbody\n• another line',
  '\u202egnp.exe \u200b\u0007 \u2028',
]

const thing = (text: string, at = 0): Thing => ({
  kind: 'succession',
  id: `agt_${at}`,
  version: '',
  text,
  path: `/registrations/agt_${at}`,
})

function group(texts: readonly string[], total = texts.length): { group: WaitingGroup; news: readonly Thing[] } {
  const things = texts.map(thing)
  return { group: { kind: 'succession', things, total, path: '/mine' }, news: things }
}

const outgoing = (...groups: Parameters<typeof contentOf>[0][number][]): Outgoing => ({
  id: 'msg_1',
  content: contentOf(groups),
  origin: 'https://console.example.org',
})

/** Every text in it, wherever. */
function textsIn(value: unknown): readonly { readonly key: string; readonly text: string }[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => (typeof one === 'string' ? [{ key, text: one }] : textsIn(one)))
}

test('a subject says how many of what, and no more than three kinds', () => {
  const one = (kind: Thing['kind'], count: number) => {
    const things = Array.from({ length: count }, (_, at) => ({ ...thing('x', at), kind }))
    return { group: { kind, things, total: count, path: '/' }, news: things }
  }
  expect(contentOf([one('zombie', 1)]).subject).toBe('Surety: 1 zombie')
  expect(contentOf([one('silent', 2), one('review', 1), one('inbox', 1234), one('claim', 1)]).subject).toBe(
    'Surety: 1 review to answer, 1 claim to decide, 1,234 unregistered agents, more',
  )
})

test('a section has ten lines, says how many more wait, and leads to the place', () => {
  const [only] = contentOf([group(['one'])]).sections
  expect(only).toMatchObject({ title: '1 agent to accept', more: 0, path: '/registrations/agt_0' })
  const [many] = contentOf([group(Array(14).fill('x'), 300)]).sections
  expect(many).toMatchObject({ title: '14 agents to accept', more: 290, path: '/mine' })
  expect(many?.lines).toHaveLength(10)
  const [long] = contentOf([group(['🦊'.repeat(500)])]).sections
  expect(Array.from(long?.lines[0]?.text ?? '')).toHaveLength(160)
})

test('no text of a device begins a line, or changes the direction of text', () => {
  for (const text of HOSTILE) {
    const line = contentOf([group([text])]).sections[0]?.lines[0]?.text
    expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u)
  }
})

describe('Slack', () => {
  test('gets blocks of the right form, with one link a section', () => {
    const sent = slackMessage(outgoing(group(['nightly: yours'], 3)))
    expect(sent).toEqual({
      text: 'Surety: 1 agent to accept',
      unfurl_links: false,
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Surety: 1 agent to accept', emoji: false } },
        { type: 'section', text: { type: 'mrkdwn', text: '*1 agent to accept*', verbatim: true } },
        { type: 'section', text: { type: 'plain_text', text: '• nightly: yours\nand 2 more', emoji: false } },
        {
          type: 'context',
          elements: [
            { type: 'mrkdwn', text: '<https://console.example.org/mine|Open in the console>', verbatim: true },
          ],
        },
      ],
    })
  })

  test('gets no mention, channel or link of a device', () => {
    const sent = slackMessage(outgoing(group(HOSTILE)))
    for (const { key, text } of textsIn(sent)) {
      if (key === 'text')
        expect(text.replaceAll('<https://console.example.org/mine|Open in the console>', '')).not.toMatch(/[<>]/)
    }
    expect(JSON.stringify(sent)).toContain('&lt;!channel&gt;')
    const foreign = sent.blocks.filter((block) => JSON.stringify(block).includes('evil.example'))
    expect(foreign).toMatchObject([{ type: 'section', text: { type: 'plain_text' } }])
  })

  test('stays within the limits of Slack with the longest texts', () => {
    const sent = slackMessage(outgoing(group(Array(10).fill('&'.repeat(160)), 40)))
    for (const { text } of textsIn(sent)) expect(text.length).toBeLessThanOrEqual(3_000)
    expect(JSON.stringify(sent)).toMatch(/and 3\d more/)
  })
})

describe('Teams', () => {
  const card = (message: Outgoing) => {
    const sent = teamsMessage(message) as { attachments: { content: { body: object[]; actions: object[] } }[] }
    return { sent, content: sent.attachments[0]?.content }
  }

  test('gets an Adaptive Card, as a workflow expects it', () => {
    const { sent, content } = card(outgoing(group(['nightly: yours'], 3)))
    expect(sent).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null }],
    })
    expect(content).toMatchObject({
      type: 'AdaptiveCard',
      version: '1.4',
      actions: [{ type: 'Action.OpenUrl', title: 'Open in the console', url: 'https://console.example.org/mine' }],
    })
    expect(textsIn(content?.body).filter(({ key }) => key === 'text')).toEqual(
      ['Surety: 1 agent to accept', '1 agent to accept', '• nightly: yours', 'and 2 more'].map((text) => ({
        key: 'text',
        text,
      })),
    )
  })

  test('gets foreign text only where it has no Markdown, and no date to fill in', () => {
    const { content } = card(outgoing(group(HOSTILE)))
    for (const block of content?.body ?? []) {
      expect(block).toMatchObject({ type: 'RichTextBlock', inlines: [{ type: 'TextRun' }] })
    }
    expect(JSON.stringify(content)).not.toContain('{{')
  })

  test('stays within 28 KB with the longest texts', () => {
    const kinds = ['review', 'claim', 'succession', 'inbox', 'zombie', 'silent', 'ending', 'open-review'] as const
    const groups = kinds.map((kind) => {
      const { news } = group(Array(10).fill('🦊'.repeat(160)))
      const things = news.map((one) => ({ ...one, kind }))
      return { group: { kind, things, total: 10, path: '/mine' }, news: things }
    })
    const { sent } = card(outgoing(...groups))
    expect(Buffer.byteLength(JSON.stringify(sent))).toBeLessThan(28 * 1024)
    expect(JSON.stringify(sent)).toContain('10 agents to accept')
  })
})

describe('mail', () => {
  test('has a link for each thing, as text and as HTML', () => {
    const message = outgoing(group(['nightly: yours', 'daily: yours'], 5))
    expect(mailText(message)).toBe(
      '2 agents to accept\n\n' +
        '- nightly: yours\n  https://console.example.org/registrations/agt_0\n' +
        '- daily: yours\n  https://console.example.org/registrations/agt_1\n' +
        'and 3 more: https://console.example.org/mine\n' +
        '\n--\nWhich mail you get is set here: https://console.example.org/settings\n',
    )
    expect(mailHtml(message)).toContain(
      '<li><a href="https://console.example.org/registrations/agt_1">daily: yours</a></li>',
    )
  })

  test('has no element and no attribute of a device', () => {
    const html = mailHtml(outgoing(group(HOSTILE)))
    const elements = new Set([...html.matchAll(/<\/?([a-z0-9]+)[^>]*>/gi)].map(([, name]) => name))
    expect([...elements].toSorted()).toEqual(
      ['a', 'body', 'h2', 'head', 'hr', 'html', 'li', 'meta', 'p', 'title', 'ul'].toSorted(),
    )
    const targets = [...html.matchAll(/href="([^"]*)"/g)].map(([, target]) => new URL(target ?? '').host)
    expect(new Set(targets)).toEqual(new Set(['console.example.org']))
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;')
  })
})

test.each(['ada@example.org', "o'neil+surety@mail.example.org", 'root@localhost'])(
  '%s is an address that mail is sent to',
  (address) => expect(isMailAddress(address)).toBe(true),
)

test.each([
  'ada@example.org,eve@evil.example',
  'ada@example.org\r\nBcc: eve@evil.example',
  'ada@example.org\nRCPT TO:<eve@evil.example>',
  'Ada <ada@example.org>',
  '<ada@example.org>',
  '"ada"@example.org',
  'ada@[127.0.0.1]',
  'ada@example.org>',
  'ada eve@example.org',
  'ada@exämple.org',
  'ada@@example.org',
  'ada@.example.org',
  'ada@example..org',
  '@example.org',
  'ada',
  `${'a'.repeat(65)}@example.org`,
  `ada@${'a.'.repeat(140)}org`,
])('%j is none', (address) => expect(isMailAddress(address)).toBe(false))
