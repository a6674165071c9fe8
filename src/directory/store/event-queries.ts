import { reader, Type } from '../../base/schema.ts'
import type { DirectoryEvent } from '../../protocol/api-administration.ts'
import type { Database, Row } from '../../system/sqlite/sqlite.ts'
import type { ApiStore } from '../api/api-store.ts'
import { jsonOf, numberOf, optionalTextOf, textOf } from './columns.ts'

const factsReader = reader(Type.Unknown(), { name: 'stored event' })

/** What happened, as administrators read it. Each question goes by an index that is named: the record only grows. */
export function eventQueries(database: Database): ApiStore['events'] {
  const select = (index: string, where: string) =>
    database.prepare(`SELECT * FROM events ${index} WHERE ${where} id < ? ORDER BY id DESC LIMIT ?`)
  const all = select('', '')
  const ofDevice = select('INDEXED BY events_by_device', 'device = ? AND')
  const ofKind = select('INDEXED BY events_of_kind', 'kind = ? AND')
  // Sorted after: of one kind a device causes but few.
  const ofBoth = select('INDEXED BY events_by_kind', 'device = ? AND kind = ? AND')
  const rowsOf = ({ device, kind, before = Number.MAX_SAFE_INTEGER, limit }: Asked): readonly Row[] => {
    if (device === undefined) return kind === undefined ? all.all(before, limit) : ofKind.all(kind, before, limit)
    return kind === undefined ? ofDevice.all(device, before, limit) : ofBoth.all(device, kind, before, limit)
  }
  return (asked) => rowsOf(asked).map(eventOf)
}

type Asked = Parameters<ApiStore['events']>[0]

function eventOf(row: Row): DirectoryEvent {
  const [device, actor] = [optionalTextOf(row, 'device'), optionalTextOf(row, 'actor')]
  return {
    id: numberOf(row, 'id'),
    time: numberOf(row, 'at'),
    kind: textOf(row, 'kind'),
    ...(device === undefined ? {} : { device }),
    ...(actor === undefined ? {} : { actor }),
    facts: jsonOf(row, 'json', factsReader),
  }
}
