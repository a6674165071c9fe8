import { Link } from 'wouter'
import type { ListedVersion } from '../../../protocol/noun/versioned-text.ts'
import { useMay } from '../../data/session.ts'
import { Failed } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Pill } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import type { TextName } from './text-noun.ts'

interface VersionsProps {
  readonly noun: TextName
  /** What version 0 is. */
  readonly first: string
  readonly versions: readonly ListedVersion[]
  /** There are older ones. */
  readonly hasMore: boolean
  /** What came of the last wish to roll back. */
  readonly error: Error | null
  /** The version whose effect is being counted. */
  readonly counting: number | undefined
  onRollBack(version: number): void
}

/** Who set what, when and why. */
export function Versions({ noun, first, versions, hasMore, error, counting, onRollBack }: VersionsProps) {
  const mayConfigure = useMay('configure')
  return (
    <Panel title="Versions" aside="newest first" place="span-5" flush>
      {error === null ? null : <Failed error={error} />}
      <ul className="list-lines">
        {versions.map((one) => (
          <li key={one.version} className="row-wrap">
            <div className="stack grow">
              <p className="row row-wrap">
                <span className="medium">Version {one.version}</span>
                {one.current ? <Pill of="in-force">in use</Pill> : null}
                <span className="muted small">
                  <SetBy version={one} first={first} />
                </span>
              </p>
              {one.reason === undefined ? null : (
                <p className="small">
                  <Said>{one.reason}</Said>
                </p>
              )}
            </div>
            {one.current ? null : (
              <Link
                className="link small"
                href={`/${noun}?from=${one.version}`}
                aria-label={`Compare version ${one.version}`}
              >
                Compare
              </Link>
            )}
            {one.current || !mayConfigure ? null : (
              <button
                type="button"
                className="button button-small"
                disabled={counting !== undefined}
                onClick={() => onRollBack(one.version)}
              >
                {counting === one.version ? 'Counting…' : 'Roll back…'}
                <span className="only-spoken"> to version {one.version}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {hasMore ? (
        <p className="panel-foot">
          The newest {versions.length} are shown. <code>surety-directory {noun} history</code> shows all.
        </p>
      ) : null}
    </Panel>
  )
}

/** `set by Dana Moss, 4 days ago`. */
export function SetBy({
  version,
  first,
}: {
  readonly version: Omit<ListedVersion, 'current'>
  readonly first: string
}) {
  const { setAt, setBy, setByName = setBy, restores, forced } = version
  if (setAt === undefined) return first
  return (
    <>
      {restores === undefined ? 'set' : `restores version ${restores}, set`} by <Said>{setByName}</Said>,{' '}
      <Ago at={setAt} />
      {forced === true ? ', although its test advised against it' : ''}
    </>
  )
}
