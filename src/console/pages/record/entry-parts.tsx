import { Link } from 'wouter'
import { capital } from '../../data/words.ts'
import { Said } from '../../parts/said.tsx'

/** Where things are that an entry names, by the kind of their id. */
const PLACES: Readonly<Record<string, string>> = {
  dev: '/devices',
  hum: '/people',
  stop: '/stops',
  agt: '/registrations',
  rev: '/reviews',
  sga: '/inbox',
  grp: '/groups',
  sac: '/service-accounts',
  apr: '/approvals',
  clm: '/claims',
  tok: '/tokens',
  adm: '/administrators',
  svc: '/services',
}

function placeOf(id: string): string | undefined {
  const folder = PLACES[/^([a-z]{2,5})_/.exec(id)?.[1] ?? '']
  return folder === undefined ? undefined : `${folder}/${encodeURIComponent(id)}`
}

/** An id, as a link to what it is of. */
export function Named({
  id,
  children = id,
}: {
  readonly id: string | undefined
  readonly children?: string | undefined
}) {
  const place = id === undefined ? undefined : placeOf(id)
  if (place === undefined) return <Said>{children}</Said>
  return (
    <Link className="link" href={place}>
      <Said>{children}</Said>
    </Link>
  )
}

/** `stop-created` as `Stop created`. */
export function actWords(act: string): string {
  return capital(act.replaceAll('-', ' '))
}
