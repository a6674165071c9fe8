/**
 * SQL for the key that says which sightings are of the same thing. The migrations generate the column `item` with it, so a
 * change needs a migration. NULL for an agent file, which has no key.
 *
 * @param json SQL for the JSON of a sighting. @param kind SQL for its kind.
 */
export function itemSql(json: string, kind: string): string {
  const member = (name: string) => `json_extract(${json}, '$.${name}')`
  return `CASE ${kind}
    WHEN 'agent' THEN coalesce(nullif(${member('catalogueId')}, ''), 'unknown/' || ${member('name')})
    WHEN 'model-runtime' THEN coalesce(nullif(${member('catalogueId')}, ''), ${member('name')})
    WHEN 'extension' THEN ${member('host')} || '/' || ${member('extensionId')}
    WHEN 'mcp-server' THEN ${member('name')}
  END`
}
