import { reader } from '../../../src/base/schema.ts'
import { CHECKS } from '../../../src/checks/checks.ts'
import { documentSchema } from '../../../src/cli/offline/document-schemas.ts'
import type { TrayDocument, TrayItem } from '../../../src/cli/tray/tray-document.ts'
import { type TrayKnowledge, trayDocument } from '../../../src/cli/tray/tray-menu.ts'
import type { TrayInit } from '../../../src/cli/tray/tray-view.ts'
import type { VerdictReason } from '../../../src/protocol/messages/attestation-result.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { LANGUAGES } from '../../../src/view/checks/check-catalogue.ts'
import { SAMPLE_TIME, sampleStatus, sampleStops } from '../../support/daemon/sample-status.ts'
import { claude } from '../seen-on-a-device.ts'
import { result } from '../surety-runs.ts'

const HOUR = 3_600_000
const HEALTHY: Partial<Status> = { health: [], findings: [], ...result({ verdict: 'compliant', reasons: [] }) }

function draw(known: TrayKnowledge, init: Partial<TrayInit> = {}): TrayDocument {
  return trayDocument(known, { language: 'en', nowMs: SAMPLE_TIME, ...init })
}

function drawStatus(changes: Partial<Status>, init: Partial<TrayInit> = {}): TrayDocument {
  return draw({ status: sampleStatus(changes) }, init)
}

const titles = (items: readonly TrayItem[]) => items.map((item) => (item.type === 'separator' ? '-' : item.text))
const menu = ({ items }: { readonly items: readonly TrayItem[] }, text: string): { items: readonly TrayItem[] } => {
  const found = items.find((item) => item.type === 'menu' && item.text.startsWith(text))
  if (found?.type !== 'menu') throw new Error(`no menu ${text} in ${titles(items).join(' / ')}`)
  return found
}

function required(check: VerdictReason['check'], changes: Partial<VerdictReason> = {}): VerdictReason {
  return { check, state: 'fail', reason: 'because', since: SAMPLE_TIME - HOUR, ...changes }
}

function failing(...reasons: readonly VerdictReason[]): Partial<Status> {
  return { health: [], findings: [], ...result({ verdict: 'not-compliant', reasons: [...reasons] }) }
}

const warned = (code: string, enrolment: Status['enrolment'] = 'not-enrolled'): Partial<Status> => ({
  enrolment,
  health: [{ code, remedy: `the remedy of ${code}`, since: SAMPLE_TIME - HOUR }],
})

describe('the state', () => {
  const cases: readonly [string, Partial<Status>, TrayDocument['state'], string][] = [
    ['compliant', HEALTHY, 'ok', 'Surety: all good'],
    ['one required check fails', failing(required('network.firewall')), 'attention', 'Surety: 1 to fix'],
    [
      'a check in its grace',
      { ...HEALTHY, ...result({ verdict: 'compliant', reasons: [required('os.supported', { graceUntil: 1 })] }) },
      ...(['attention', 'Surety: 1 to fix'] as const),
    ],
    [
      'an advisory check fails',
      { ...HEALTHY, ...result({ verdict: 'compliant', reasons: [required('os.supported', { advisory: true })] }) },
      ...(['ok', 'Surety: all good'] as const),
    ],
    [
      'an exempt check fails',
      { ...HEALTHY, ...result({ verdict: 'compliant', reasons: [required('os.supported', { exemptUntil: 1 })] }) },
      ...(['ok', 'Surety: all good'] as const),
    ],
    ['a health warning', { ...HEALTHY, health: sampleStatus().health }, 'attention', 'Surety: needs your support'],
    ['a wrong clock', { ...HEALTHY, ...warned('CLOCK_OFF', 'enrolled') }, 'attention', 'Surety: needs you'],
    [
      'a key that fails, and so no verdict',
      { ...HEALTHY, ...result({ validUntil: SAMPLE_TIME - 1, reasons: [] }), ...warned('TPM_GONE', 'enrolled') },
      ...(['attention', 'Surety: needs your support'] as const),
    ],
    ['what administrators mend', { ...HEALTHY, ...warned('CATALOGUE_REFUSED', 'enrolled') }, 'ok', 'Surety: all good'],
    [
      'stale',
      { ...HEALTHY, ...result({ validUntil: SAMPLE_TIME - 1, reasons: [] }) },
      'attention',
      'Surety: no current verdict',
    ],
    ['not appraised', { ...HEALTHY, result: undefined } as never, 'pending', 'Surety: waiting for the verdict'],
    ['stopped', { ...HEALTHY, stops: sampleStops() }, 'stopped', 'Surety: agents are stopped'],
    ['pending', { ...HEALTHY, enrolment: 'pending' }, 'pending', 'Surety: waiting for approval'],
    ['not enrolled', { ...HEALTHY, ...warned('NOT_ENROLLED') }, 'not-enrolled', 'Surety: not enrolled'],
    [
      'a string that was refused',
      { ...HEALTHY, ...warned('ENROLMENT_FAILED') },
      'not-enrolled',
      'Surety: not enrolled',
    ],
    ['not enrolled yet', { ...HEALTHY, enrolment: 'not-enrolled' }, 'pending', 'Surety: being set up'],
    ['refused', { ...HEALTHY, enrolment: 'refused' }, 'not-enrolled', 'Surety: enrolment refused'],
    ['retired', { ...HEALTHY, enrolment: 'retired' }, 'not-enrolled', 'Surety: device retired'],
  ]
  test.each(cases)('%s', (_, changes, state, title) => {
    const drawn = drawStatus(changes)
    expect([drawn.state, drawn.title, titles(drawn.items)[0]]).toEqual([state, title, title])
  })

  test('no answer', () => {
    expect(draw({})).toMatchObject({ state: 'unreachable', title: 'Surety: not running', notices: [] })
  })

  test('a check that passes now is no longer to fix, though the verdict is old', () => {
    const passes = [{ check: 'network.firewall', state: 'pass', detail: 'on' }] as const
    const { state, items } = drawStatus({ ...failing(required('network.firewall')), findings: [...passes] })
    expect([state, titles(items)[1]]).toEqual(['pending', 'All is fixed. The new verdict comes within minutes.'])
    const offline = { directory: { ...sampleStatus().directory, connected: false } }
    const alone = drawStatus({ ...failing(required('network.firewall')), findings: [...passes], ...offline })
    expect(titles(alone.items)[1]).toBe('The verdict comes once this device reaches the network of your company.')
  })

  test('the same knowledge gives the same document at another time', () => {
    const later = { nowMs: SAMPLE_TIME + 10 * 60_000 }
    const known = { stops: sampleStops(), support: { contact: 'help@example.org' } }
    expect(drawStatus(known, later)).toEqual(drawStatus(known))
  })
})

describe('the menu', () => {
  test('names what is wrong, not what should hold, and shows the steps of this system', () => {
    const { items, tooltip } = drawStatus(failing(required('disk.root-encrypted'), required('network.firewall')))
    expect(titles(items).slice(3, 5)).toEqual(['The system disk is not encrypted', 'The firewall is off'])
    expect(tooltip).toBe('Surety: 2 to fix. The system disk is not encrypted; The firewall is off')
    const lines = titles(menu({ items }, 'The system disk').items)
    expect(lines).toContain('1. Back up your files.')
    expect(lines).toContain('Found: because')
    expect(lines.at(-1)).toBe('In a terminal: surety explain disk.root-encrypted')
  })

  test('a check of another version, and a reason that is no check', () => {
    const { items } = drawStatus(
      failing(required('new.check'), required('tier'), required('tpm.present', { state: 'unknown' })),
    )
    expect(titles(items).slice(3, 6)).toEqual([
      'new.check: because',
      'The key of this device is not protected enough',
      'Could not check: A TPM 2.0 is present',
    ])
    expect(titles(menu({ items }, 'new.check').items)).toEqual([
      'Found: because',
      expect.stringMatching(/^Since 2026-/),
      'Ask your support',
    ])
  })

  test('running agents, with what they may do; installed ones are left out', () => {
    const autonomous: AgentSighting = { ...claude, autonomy: { level: 'autonomous', because: [] }, workspace: '/work' }
    const installed: AgentSighting = { ...claude, id: 'f'.repeat(32), state: 'installed', name: 'Other' }
    const { items } = drawStatus({ ...HEALTHY, sightings: [autonomous, installed] })
    const agents = menu({ items }, 'AI agents running: 1')
    const [one] = agents.items
    expect(titles(agents.items)).toEqual([expect.stringMatching(/^Claude Code.* · ACTS WITHOUT ASKING$/)])
    expect(one?.type === 'menu' && one.items.at(-1)).toEqual({
      type: 'menu',
      text: 'Stop Claude Code?',
      items: [{ type: 'action', text: 'Yes, stop it now', arguments: ['freeze', claude.id] }],
    })
  })

  test('says since when, and until when it has to be fixed', () => {
    const until = new Date(2026, 10, 30, 7, 8).getTime()
    const { items } = drawStatus(failing({ ...required('network.firewall'), since: SAMPLE_TIME, graceUntil: until }))
    const title = 'The firewall is off · fix by 2026-11-30 07:08'
    expect(titles(menu({ items }, title).items)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Since 2026-11-25 /), 'Fix it by 2026-11-30 07:08']),
    )
  })

  test('a held agent cannot be stopped again; an own stop can be released', () => {
    const stops = sampleStops({ releasable: true })
    const frozenBy = [{ stop: 'local' as const, by: 'alice', reason: 'lunch' }]
    const { items } = drawStatus({ ...HEALTHY, sightings: [{ ...claude, frozenBy }], stops })
    const agents = menu({ items }, 'AI agents running: 1, 1 of them frozen')
    expect(titles(agents.items)).toEqual(['Claude Code 2.1.0 · FROZEN by alice (lunch)'])
    expect(JSON.stringify(agents)).not.toContain('"action"')
    expect(items).toContainEqual({ type: 'action', text: 'Release my agents', arguments: ['release'] })
    expect(titles(items).slice(3, 5)).toEqual(['Stopped: AI agents', 'Why: code freeze'])
  })

  test('a stop of the directory has no release', () => {
    const { items } = drawStatus({ ...HEALTHY, stops: sampleStops() })
    expect(JSON.stringify(items)).not.toContain('"release"')
    expect(titles(items).slice(3, 7).at(-1)).toBe('Only an administrator can release them. Ask Grace.')
  })

  test('the first stop without a click, others in menus of their own; only some agents', () => {
    const one = sampleStops({ selector: { select: 'product', product: 'codex' } })
    const standing = Array.from({ length: 7 }, () => one.standing[0]).filter((stop) => stop !== undefined)
    const { items } = drawStatus({ ...HEALTHY, stops: { ...one, standing } })
    expect(titles(items)[1]).toBe('Some AI agents on this device may not run.')
    expect(items.filter((item) => item.type === 'menu' && item.text === 'Stopped: codex').length).toBe(4)
    expect(titles(items)).toContain('… +2')
  })

  test('looks again and waits for the verdict', () => {
    const found = drawStatus(HEALTHY).items.find((item) => item.type === 'action')
    expect(found).toEqual({ type: 'action', text: 'Check again', arguments: ['check', '--wait'] })
  })

  test('an agent that is stopped alone has its name', () => {
    const selected = (agent: string) =>
      titles(drawStatus({ ...HEALTHY, stops: sampleStops({ selector: { select: 'agent', agent } }) }).items)
    expect(selected('0'.repeat(32))).toContain('Stopped: Claude Code')
    expect(selected('f'.repeat(32))).toContain('Stopped: ffffffff')
  })

  test.each([
    ['a mail address', { contact: 'help@example.org' }, [{ type: 'link', url: 'mailto:help@example.org' }]],
    ['a telephone number', { contact: '+41 44 000 00 00' }, [{ type: 'text' }]],
    ['headers of a mail', { contact: 'a@example.org?bcc=b@example.org' }, [{ type: 'text' }]],
    ['a page', { url: 'https://example.org/help' }, [{ type: 'link', url: 'https://example.org/help' }]],
    ['an owner', { owner: 'Ada' }, [{ type: 'text', text: 'Ask your support: Ada' }]],
  ])('support: %s', (_, support, expected) => {
    const { items } = drawStatus({ ...HEALTHY, support })
    expect(items.slice(-expected.length)).toMatchObject(expected)
  })
})

describe('notices', () => {
  test('nothing to do, nothing to say', () => {
    expect(drawStatus(HEALTHY).notices).toEqual([])
    expect(drawStatus({ ...HEALTHY, enrolment: 'pending' }).notices).toEqual([])
  })

  test('a stop is critical and says who and why', () => {
    const stop = sampleStops().standing[0]
    expect(drawStatus({ ...HEALTHY, stops: sampleStops() }).notices).toEqual([
      {
        id: `stop:${stop?.stop}:${stop?.since}`,
        urgency: 'critical',
        title: 'Stopped: AI agents',
        text: 'Grace: code freeze',
      },
    ])
  })

  test('one for all failing checks, with a new id for a new failure', () => {
    const old = required('network.firewall', { since: 1 })
    const [first, second] = [[old], [old, required('os.supported', { since: 2 })]].map(
      (reasons) => drawStatus(failing(...reasons)).notices,
    )
    expect([first?.length, second?.length]).toEqual([1, 1])
    expect(first?.[0]?.id).not.toBe(second?.[0]?.id)
    expect(second?.[0]?.text).toBe('The firewall is off; This system gets no more updates')
  })

  test.each([
    ['network.firewall', HOUR],
    ['os.security-updates', 24 * HOUR],
  ] as const)('reports %s once it has failed for long enough, by the time of the directory', (check, long) => {
    const told = (age: number) => {
      const directory = { connected: true, time: SAMPLE_TIME + 100 * HOUR }
      const since = SAMPLE_TIME + 100 * HOUR - age
      const { state, notices } = drawStatus({ ...failing(required(check, { since })), directory })
      return [state, notices.length]
    }
    // The icon shows it at once.
    expect(told(0)).toEqual(['attention', 0])
    expect(told(long - 1)).toEqual(['attention', 0])
    expect(told(long)).toEqual(['attention', 1])
  })

  test('reports a fault after ten minutes, in words for the person, with whom to ask', () => {
    const support = { contact: 'help@example.org' }
    const told = (age: number) => {
      const health = [{ code: 'TPM_BUSY', remedy: 'fuser /dev/tpm0', since: SAMPLE_TIME - age }]
      return drawStatus({ ...HEALTHY, health, support }).notices
    }
    expect(told(9 * 60_000)).toEqual([])
    const text = 'Another program keeps the TPM of this device busy. Ask your support: help@example.org'
    expect(told(10 * 60_000)).toMatchObject([{ title: 'Surety: needs your support', text }])
  })

  test('a fault is no news again after each restart of the device', () => {
    const idAt = (since: number) =>
      drawStatus({ ...HEALTHY, health: [{ code: 'TPM_GONE', remedy: '', since }] }).notices.map(({ id }) => id)
    const [first] = idAt(SAMPLE_TIME - 3 * HOUR)
    expect(idAt(SAMPLE_TIME - HOUR)).toEqual([first])
    expect(idAt(SAMPLE_TIME - 14 * 24 * HOUR)).not.toEqual([first])
  })

  test.each([
    ['no enrolment string', warned('NOT_ENROLLED')],
    ['a device that waits for approval', warned('ENROLMENT_PENDING', 'pending')],
    ['a catalogue that the directory has to replace', { ...HEALTHY, ...warned('CATALOGUE_REFUSED', 'enrolled') }],
    ['a version that was rolled back', { ...HEALTHY, ...warned('UPDATE_ROLLED_BACK', 'enrolled') }],
    ['a stop of their own', { ...HEALTHY, stops: sampleStops({ stop: 'local', releasable: true }) }],
  ])('says nothing to a person about %s', (_, changes) => expect(drawStatus(changes).notices).toEqual([]))

  test('a retired device is said once', () => {
    const { notices } = drawStatus(warned('DEVICE_RETIRED', 'retired'))
    expect(notices.map(({ id }) => id)).toEqual(['enrolment:retired'])
  })

  test('a stop without a reason names who and since when', () => {
    const { notices } = drawStatus({ ...HEALTHY, stops: sampleStops({ reason: '' }) })
    expect(notices).toMatchObject([{ text: expect.stringMatching(/^By Grace, since 2026-/) }])
  })

  test('a restart of the daemon is no news, a long absence is', () => {
    expect(draw({ awayForMs: 60_000 }).notices).toEqual([])
    expect(draw({ awayForMs: 120_000 }).notices).toMatchObject([{ id: expect.stringMatching(/^away:\d+$/) }])
  })
})

describe('when it is shown', () => {
  test.each([
    ['always', true, true],
    ['when-needed', false, true],
    ['never', false, false],
  ] as const)('%s', (show, whenGood, whenBad) => {
    expect(drawStatus({ ...HEALTHY, tray: { show } }).visible).toBe(whenGood)
    expect(drawStatus({ tray: { show } }).visible).toBe(whenBad)
    expect(draw({ show }).visible).toBe(whenBad)
    expect(drawStatus({ tray: { show } }).notices.length > 0).toBe(show !== 'never')
  })
})

describe('for anything the daemon answers', () => {
  const HOSTILE = `\u001b]0;x\u0007\u202e\u2066--|bash=/bin/sh ${'𝒳'.repeat(200)}\n`
  const everything: Status = sampleStatus({
    findings: CHECKS.map((check) => ({ check, state: 'fail', detail: HOSTILE.repeat(3).slice(0, 1000) })),
    ...result({
      reasons: Array.from({ length: 300 }, (_, at) =>
        required(CHECKS[at % CHECKS.length] ?? 'tier', { reason: HOSTILE }),
      ),
    }),
    sightings: Array.from({ length: 500 }, (_, at) => ({
      ...claude,
      id: `${at}`.padStart(32, '0'),
      name: HOSTILE.slice(0, 250),
      workspace: HOSTILE,
    })),
    health: Array.from({ length: 60 }, (_, at) => ({ code: `C${at}`, remedy: HOSTILE.slice(0, 500), since: 0 })),
    stops: {
      standing: Array.from({ length: 100 }, () => ({
        ...sampleStops().standing[0],
        reason: HOSTILE,
        by: HOSTILE.slice(0, 250),
      })) as NonNullable<Status['stops']>['standing'],
      held: Array.from({ length: 100 }, () => ({
        agent: '0'.repeat(32),
        product: 'x',
        name: HOSTILE.slice(0, 250),
        user: HOSTILE.slice(0, 250),
        processes: 1,
      })),
      heldCount: 5000,
    },
    support: { contact: HOSTILE.slice(0, 250), owner: HOSTILE.slice(0, 250), url: `https://e.org/${'x'.repeat(490)}` },
  })

  test.each(LANGUAGES)(
    'the document fits its schema, and has no control and no direction characters: %s',
    (language) => {
      const text = JSON.stringify(draw({ status: everything }, { language }))
      reader(documentSchema('surety/tray@1') ?? {}, { name: 'tray', limits: { maxBytes: 1e7, maxDepth: 24 } }).readJson(
        text,
      )
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      // A lone half of a character would be escaped by JSON.
      expect(text).not.toMatch(/\\ud[89a-f]/i)
    },
  )

  test('a full menu says how many items are missing', () => {
    const agents = menu(draw({ status: everything }), 'AI agents running: 500').items
    expect([agents.length, titles(agents).at(-1)]).toEqual([40, '… +461'])
  })
})
