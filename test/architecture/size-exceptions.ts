/** What breaks the rules about size. Both lists may only shrink: the test fails when an entry is too generous. */

/** Folders with more source files than others may have: how many, and why they are one room. */
export const CROWDED_FOLDERS: Readonly<Record<string, readonly [files: number, why: string]>> = {}

/** Short files with one importer beside them that stay apart, with the reason. */
export const FRAGMENTS: Readonly<Record<string, string>> = {
  'src/daemon/control/sightings-long-poll.ts': 'loaded at the first request: the idle daemon stays small',
  'src/daemon/evidence/reported-once.ts': 'the file of the evidence builder is as long as a file may be',
  'src/directory/store/idempotency-store.ts': '`directory/http`, whose answers it keeps, knows no SQL',
  'src/discovery/mcp/named-tools.ts': 'the lists of each client, which change with the clients',
  'src/posture/darwin/accounts.ts': 'the checks of one area, as on each system',
  'src/posture/darwin/disk-encryption.ts': 'the checks of one area, as on each system',
  'src/posture/darwin/management.ts': 'the checks of one area, as on each system',
  'src/posture/darwin/network.ts': 'the checks of one area, as on each system',
  'src/posture/darwin/programs.ts': 'the checks of one area, as on each system',
  'src/posture/darwin/session-screen-lock.ts': 'the checks of one area, as on each system',
  'src/posture/windows/mdm.ts': 'the checks of one area, as on each system',
  'src/system/platform/darwin-reader.ts': 'loaded on demand: a bundle contains those of one system',
  'src/system/platform/linux-reader.ts': 'loaded on demand: a bundle contains those of one system',
  'src/system/platform/windows-client.ts': 'loaded on demand: a bundle contains those of one system',
  'src/system/platform/windows-reader.ts': 'loaded on demand: a bundle contains those of one system',
}
