import type { ProcessEntry } from '../../../../src/system/processes/process-table.ts'
import {
  type WindowsDetailsAddon,
  windowsProcessDetails,
} from '../../../../src/system/processes/windows/process-details.ts'
import { parseWindowsTcpTable } from '../../../../src/system/processes/windows/tcp-table.ts'
import { SILENT_WINDOWS_PROCESSES } from '../../../support/platforms/silent-windows-addon.ts'

const ANN = 'S-1-5-21-1-2-3-1001'
const LISTENING = 2
const ESTABLISHED = 5

type Address = readonly [bytes: readonly number[], port: number]

interface Row {
  readonly state?: number
  readonly local: Address
  readonly remote?: Address
  readonly pid?: number
}

const NOWHERE: Address = [[], 0]

/** MIB_TCPTABLE_OWNER_PID as Windows lays it out. */
function tableOf(rows: readonly Row[], count = rows.length): Buffer {
  const bytes = Buffer.alloc(4 + rows.length * 24)
  bytes.writeUInt32LE(count, 0)
  for (const [index, { state = ESTABLISHED, local, remote = NOWHERE, pid = 8 }] of rows.entries()) {
    const at = 4 + index * 24
    bytes.writeUInt32LE(state, at)
    bytes.set(local[0], at + 4)
    bytes.writeUInt16BE(local[1], at + 8)
    bytes.set(remote[0], at + 12)
    bytes.writeUInt16BE(remote[1], at + 16)
    bytes.writeUInt32LE(pid, at + 20)
  }
  return bytes
}

/** MIB_TCP6TABLE_OWNER_PID. */
function table6Of(rows: readonly Row[]): Buffer {
  const bytes = Buffer.alloc(4 + rows.length * 56)
  bytes.writeUInt32LE(rows.length, 0)
  for (const [index, { state = ESTABLISHED, local, remote = NOWHERE, pid = 8 }] of rows.entries()) {
    const at = 4 + index * 56
    bytes.set(local[0], at)
    bytes.writeUInt16BE(local[1], at + 20)
    bytes.set(remote[0], at + 24)
    bytes.writeUInt16BE(remote[1], at + 44)
    bytes.writeUInt32LE(state, at + 48)
    bytes.writeUInt32LE(pid, at + 52)
  }
  return bytes
}

const LOCAL_4 = [127, 0, 0, 1]
const LOCAL_6 = [...Array(15).fill(0), 1]

function detailsOf(change: Partial<WindowsDetailsAddon>, entries: readonly Partial<ProcessEntry>[] = [{}]) {
  const all = entries.map((entry) => ({
    pid: 8,
    parentPid: 4,
    startTicks: 80,
    userId: ANN,
    sessionId: 1,
    ttyNumber: 0,
    comm: 'a.exe',
    executable: 'C:/a.exe',
    argv: [],
    ...entry,
  }))
  const entry = (pid: number) => all.find((one) => one.pid === pid)
  return windowsProcessDetails({
    addon: { ...SILENT_WINDOWS_PROCESSES, ...change },
    processes: {
      entry,
      surroundings: (pid) => {
        const found = entry(pid)
        return (
          found && {
            startTicks: found.startTicks,
            environmentNames: [],
            sessionMarkers: {},
            workingFolder: 'C:/Users/ann/code',
          }
        )
      },
    },
  })
}

/** An addon whose tables are these. */
function tables(four: Uint8Array, six: Uint8Array = table6Of([])): Partial<WindowsDetailsAddon> {
  return {
    tcpTable(bytes, isVersion6) {
      const table = isVersion6 ? six : four
      if (table.length <= bytes.length) bytes.set(table)
      return table.length
    },
  }
}

const NAME = { pid: 8, startTicks: 80, userId: ANN }

describe('tables of sockets', () => {
  test('rows of both versions are read', () => {
    const four = tableOf([
      { local: [[10, 0, 0, 5], 50_001], remote: [[160, 79, 104, 10], 443] },
      { state: LISTENING, local: [LOCAL_4, 11_434], pid: 12 },
      { state: 11, local: [LOCAL_4, 1] },
    ])
    expect(parseWindowsTcpTable(four, 4)).toEqual([
      {
        state: 'connected',
        pid: 8,
        local: { address: '10.0.0.5', port: 50_001, loopback: false },
        remote: { address: '160.79.104.10', port: 443, loopback: false },
      },
      {
        state: 'listening',
        pid: 12,
        local: { address: '127.0.0.1', port: 11_434, loopback: true },
        remote: { address: '0.0.0.0', port: 0, loopback: false },
      },
    ])
    const mapped = [...Array(10).fill(0), 0xff, 0xff, ...LOCAL_4]
    const six = table6Of([
      { local: [LOCAL_6, 1234], remote: [[0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 9], 443] },
      { local: [mapped, 8080], remote: [LOCAL_6, 1] },
    ])
    expect(parseWindowsTcpTable(six, 6).map(({ local, remote }) => [local.address, remote.address])).toEqual([
      ['::1', '2001:db8::9'],
      ['127.0.0.1', '::1'],
    ])
  })

  test.each<[string, Uint8Array, number]>([
    ['no bytes', new Uint8Array(0), 0],
    ['a cut count', new Uint8Array(3), 0],
    ['a count of more rows than there are', tableOf([{ local: [LOCAL_4, 1] }], 0xffff_ffff), 1],
    ['a cut row', tableOf([{ local: [LOCAL_4, 1] }, { local: [LOCAL_4, 2] }]).subarray(0, 4 + 47), 1],
  ])('%s: what is whole is read', (_, bytes, count) => {
    expect(parseWindowsTcpTable(bytes, 4)).toHaveLength(count)
  })
})

test('a process has the connections that it made and the ports that it listens on', () => {
  const four = tableOf([
    { local: [[10, 0, 0, 5], 50_001], remote: [[160, 79, 104, 10], 443] },
    { state: LISTENING, local: [LOCAL_4, 3000] },
    // Somebody connected to it.
    { local: [LOCAL_4, 3000], remote: [LOCAL_4, 50_002] },
    { local: [LOCAL_4, 50_002], remote: [LOCAL_4, 3000], pid: 12 },
  ])
  const details = detailsOf(tables(four), [{}, { pid: 12, startTicks: 120 }])
  const found = details.sockets([NAME, { pid: 12, startTicks: 121, userId: ANN }, { ...NAME, pid: 16 }])
  expect([...found.keys()]).toEqual([8])
  expect(found.get(8)).toEqual({
    connected: [{ address: '160.79.104.10', port: 443, loopback: false }],
    listening: [{ address: '127.0.0.1', port: 3000, loopback: true }],
  })
})

test('a table that grows is asked for again, and one without an end is given up', () => {
  const rows = Array.from({ length: 5_000 }, (_, at): Row => ({ local: [LOCAL_4, at], pid: at }))
  const grown = detailsOf(tables(tableOf([...rows, { state: LISTENING, local: [LOCAL_4, 9], pid: 8 }])))
  expect(grown.sockets([NAME]).get(8)?.listening).toEqual([{ address: '127.0.0.1', port: 9, loopback: true }])
  const endless = detailsOf({ tcpTable: (bytes) => bytes.length + 1 })
  expect(endless.sockets([NAME]).get(8)).toEqual({ connected: [], listening: [] })
})

test('a process is the log-on of its session', () => {
  const loginList = () => [
    { userId: ANN, sessionId: 1, protocol: 0 },
    { userId: 'S-1-5-21-1-2-3-1002', sessionId: 3, protocol: 2 },
    { userId: 'S-1-5-21-1-2-3-1003', sessionId: 4, protocol: -1 },
  ]
  const details = detailsOf({ loginList }, [{ userId: 'S-1-5-18' }, { pid: 12, sessionId: 0 }])
  expect(details.logins().map(({ session, kind }) => [session, kind])).toEqual([
    ['1', 'graphical'],
    ['3', 'remote'],
    ['4', 'unknown'],
  ])
  expect(details.standing(NAME)).toEqual({
    cgroup: undefined,
    loginUserId: ANN,
    auditSession: 1,
    pidNamespace: undefined,
    rootMount: undefined,
    workingFolder: 'C:/Users/ann/code',
  })
  // A service has no log-on.
  expect(details.standing({ pid: 12, startTicks: 80 })).toMatchObject({
    loginUserId: undefined,
    auditSession: undefined,
  })
})

test("reports nothing of a process that has ended or whose number is another's", () => {
  const details = detailsOf({})
  expect([
    details.standing({ pid: 8, startTicks: 81 }),
    details.standing({ pid: 9, startTicks: 80 }),
    details.activity(NAME),
    details.executableNow(NAME),
    details.streams(NAME),
    details.openFiles([NAME]).size,
  ]).toEqual([undefined, undefined, undefined, undefined, undefined, 0])
})

test('activity is what the processors have counted, and the file has its present name', () => {
  const details = detailsOf({ processCycles: () => 4711, processImageNow: () => 'C:\\Tools\\agent.old.exe' })
  expect([details.activity(NAME), details.executableNow(NAME)]).toEqual(['4711', 'C:/Tools/agent.old.exe'])
  expect(detailsOf({ processCycles: () => 0 }).activity(NAME)).toBeUndefined()
  expect(detailsOf({ processImageNow: () => '\\\\server\\x.exe' }).executableNow(NAME)).toBeUndefined()
})

test('an addon that fails ends no scan', () => {
  const fail = () => {
    throw new Error('error 5')
  }
  const details = detailsOf({ processCycles: fail, processImageNow: fail, tcpTable: fail, loginList: fail })
  expect([details.activity(NAME), details.executableNow(NAME), details.standing(NAME)]).toEqual(
    Array(3).fill(undefined),
  )
  expect([details.sockets([NAME]).size, details.logins()]).toEqual([0, []])
})
