import type { Status, StatusStops } from '../../../src/protocol/messages/control.ts'

export const SAMPLE_TIME = Date.UTC(2026, 10, 25, 12)
const MINUTE = 60_000

/** A device as `suretyd` tells it, with something of everything. */
export function sampleStatus(changes: Partial<Status> = {}): Status {
  return {
    schema: 'surety/status@1',
    daemonVersion: '0.1.0',
    enrolment: 'enrolled',
    device: { id: 'dev_AAAAAAAAAAAAAAAAAAAAAA', tier: 'tpm-attested', epoch: 1 },
    directory: { url: 'wss://directory.example:8443', connected: true, lastAcknowledgedAt: SAMPLE_TIME - 12_000 },
    spool: { sequence: 42, acknowledged: 41, waiting: 1, bytes: 1834 },
    result: {
      verdict: 'not-compliant',
      tier: 'tpm-attested',
      reasons: [
        {
          check: 'disk.root-encrypted',
          state: 'fail',
          reason: 'the root file system is not encrypted',
          since: SAMPLE_TIME - 2 * 24 * 60 * MINUTE,
        },
        { check: 'session.screen-lock', state: 'unknown', reason: 'no desktop', advisory: true },
      ],
      proven: ['device key'],
      reported: ['posture'],
      attestedAt: SAMPLE_TIME - 30 * MINUTE,
      appraisedAt: SAMPLE_TIME - 5 * MINUTE,
      validUntil: SAMPLE_TIME + 30 * MINUTE,
    },
    inventory: {
      hostname: 'laptop-7',
      manufacturer: 'LENOVO',
      model: '21HM',
      platform: 'linux',
      arch: 'x64',
      osName: 'Debian GNU/Linux',
      osVersion: '13',
      kernel: '6.12.0',
    },
    findings: [
      { check: 'boot.secure-boot', state: 'pass', detail: 'Secure Boot is on' },
      {
        check: 'disk.root-encrypted',
        state: 'fail',
        detail: 'the root file system is on /dev/nvme0n1p2 (ext4), which no layer between it and the disk encrypts',
      },
      { check: 'session.screen-lock', state: 'unknown', reason: 'no desktop session of GNOME or KDE was found' },
    ],
    sightings: [
      {
        kind: 'agent',
        id: '0'.repeat(32),
        name: 'Claude Code',
        catalogueId: 'claude-code',
        version: '2.1.0',
        user: { id: '1000', name: 'alice' },
        evidence: ['executable /home/alice/.local/bin/claude'],
        state: 'running',
        agentKind: 'coding',
        process: {
          pid: 4242,
          startTicks: 99,
          bootId: 'b',
          parentPid: 1,
          executable: '/home/alice/.local/share/claude/versions/2.1.0',
        },
        flags: ['--dangerously-skip-permissions'],
      },
      {
        kind: 'extension',
        id: '1'.repeat(32),
        name: 'Helpful\u001b[31m\nExtension',
        version: '1.2',
        user: { id: '1000', name: 'alice' },
        evidence: ['manifest'],
        host: 'chromium',
        product: 'chromium',
        profile: 'Default',
        extensionId: 'abcdefghijklmnopabcdefghijklmnop',
        enabled: true,
        installSource: 'store',
        permissions: [],
        hostPermissions: ['<all_urls>'],
        broadHosts: true,
        ai: true,
      },
    ],
    sources: [
      { source: 'processes', state: 'parsed', items: 120, durationMs: 4 },
      {
        source: 'firefox-extensions',
        path: '/home/bob/.mozilla/firefox',
        state: 'unreadable',
        reason: 'is a link',
        items: 0,
        durationMs: 1,
      },
    ],
    health: [{ code: 'ADDON_UNAVAILABLE', remedy: 'build the native addon: npm run build:native', since: SAMPLE_TIME }],
    limitedToCaller: false,
    time: SAMPLE_TIME,
    ...changes,
  }
}

/** The directory has stopped all agents; one of them runs. */
export function sampleStops(changes: Partial<StatusStops['standing'][number]> = {}): StatusStops {
  return {
    standing: [
      {
        stop: `stop_${'A'.repeat(22)}`,
        kind: 'freeze',
        selector: { select: 'all' },
        by: 'Grace',
        reason: 'code freeze',
        since: SAMPLE_TIME - 5 * MINUTE,
        releasable: false,
        ...changes,
      },
    ],
    held: [{ agent: '0'.repeat(32), product: 'claude-code', name: 'Claude Code', user: 'alice', processes: 5 }],
    heldCount: 1,
  }
}
