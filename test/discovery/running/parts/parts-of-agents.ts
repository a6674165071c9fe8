import type { ProcessRecord } from '../../../../src/discovery/matching/process-record.ts'
import { findAgents, partsIn } from '../../../support/processes/find-agents.ts'
import { detached, processRecord } from '../../../support/processes/process-record.ts'

export const BASH = '/usr/bin/bash'
export const tool = (pid: number, parentPid: number, more: Partial<ProcessRecord> = {}) =>
  processRecord(pid, BASH, ['bash', '-c', 'x'], detached(pid, parentPid, more))

export const graphs = (records: readonly ProcessRecord[], init: Parameters<typeof findAgents>[1] = {}) =>
  Object.fromEntries(
    findAgents(records, init).map((each) => [`${each.catalogueId} ${each.process?.pid}`, partsIn(each)]),
  )
