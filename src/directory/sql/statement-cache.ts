import type { Database, Statement } from './database.ts'

/** Questions have thousands of combinations of filters, and people ask few of them. */
const MAX_STATEMENTS = 256

/** Prepares SQL once, as long as it is among the last that were used. */
export function statementCache(database: Pick<Database, 'prepare'>): (sql: string) => Statement {
  const statements = new Map<string, Statement>()
  return (sql) => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.delete(sql)
    statements.set(sql, statement)
    const oldest = statements.size > MAX_STATEMENTS ? statements.keys().next().value : undefined
    if (oldest !== undefined) statements.delete(oldest)
    return statement
  }
}
