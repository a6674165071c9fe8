import { SuretyError } from '../../base/errors.ts'
import type { Reader } from '../../base/schema.ts'
import type { Row } from './database.ts'

/** Typed readers of columns. A value of another type is damage: `STORE_CORRUPT`. */

export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw damaged(column)
  return value
}

export function numberOf(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw damaged(column)
  return value
}

export function bytesOf(row: Row, column: string): Uint8Array<ArrayBuffer> {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw damaged(column)
  return new Uint8Array(value)
}

export function optionalTextOf(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textOf(row, column)
}

export function optionalNumberOf(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : numberOf(row, column)
}

export function jsonOf<T>(row: Row, column: string, reader: Reader<T>): T {
  try {
    return reader.readJson(textOf(row, column))
  } catch (cause) {
    throw new SuretyError('STORE_CORRUPT', `the JSON in column ${column} does not fit its schema`, { cause })
  }
}

export function optionalJsonOf<T>(row: Row, column: string, reader: Reader<T>): T | undefined {
  return row[column] === null ? undefined : jsonOf(row, column, reader)
}

export function wordOf<W extends string>(row: Row, column: string, words: readonly W[]): W {
  const value = textOf(row, column)
  const word = words.find((one) => one === value)
  if (word === undefined) throw damaged(column)
  return word
}

export function optionalWordOf<W extends string>(row: Row, column: string, words: readonly W[]): W | undefined {
  return row[column] === null ? undefined : wordOf(row, column, words)
}

function damaged(column: string): SuretyError {
  return new SuretyError('STORE_CORRUPT', `the value in column ${column} is not valid`)
}
