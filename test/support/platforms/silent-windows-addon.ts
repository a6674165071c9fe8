import type { WindowsProcessesAddon } from '../../../src/system/platform/windows.ts'

/** The addon of a Windows that tells nothing of processes. */
export const SILENT_WINDOWS_PROCESSES: WindowsProcessesAddon = {
  listProcesses: () => 0,
  readProcess: () => false,
  bootTime: () => false,
  systemFolder: () => undefined,
  processCycles: () => -1,
  processImageNow: () => undefined,
  tcpTable: () => 0,
  loginList: () => [],
  programResolve: () => undefined,
  traceProcesses: () => ({}),
  traceClose: () => undefined,
  freezeOpen: () => ({}),
  freezeOwn: () => undefined,
  freezeProcesses: (_freezer, _agents, _targets, _rows, callback) => callback(0, 0, 0),
  freezeMembers: () => 0,
  freezeStands: () => false,
  freezeRelease: () => 0,
  freezeKill: () => 0,
  freezeClose: () => undefined,
}
