import { Icon } from '../../parts/icon.tsx'
import { Said } from '../../parts/said.tsx'
import { LineButton } from './editor.tsx'
import { type EffectProps, faultIn, type TextNoun } from './text-noun.ts'

/** What a test warns of, why the directory would refuse the text, and what it would change. */
export function Effect<T extends { readonly warnings: readonly string[] }>({
  noun: { effect: Shown, objectionOf },
  test,
  onLine,
}: EffectProps<T> & { readonly noun: TextNoun<T> }) {
  const objection = objectionOf(test)
  return (
    <div className="stack-4">
      {objection === undefined ? null : (
        <Finding message={`${objection}. It is refused unless you insist.`} tone="bad" onLine={onLine} />
      )}
      {test.warnings.map((warning) => (
        <Finding key={warning} message={warning} tone="warn" onLine={onLine} />
      ))}
      <Shown test={test} onLine={onLine} />
    </div>
  )
}

interface FindingProps {
  readonly message: string
  readonly tone: 'bad' | 'warn'
  readonly onLine: EffectProps<unknown>['onLine']
}

function Finding({ message, tone, onLine }: FindingProps) {
  const fault = faultIn(message)
  return (
    <p className={`note note-${tone}`}>
      <Icon name="warning" />
      <span>
        {fault === undefined ? null : <LineButton line={fault.line} onLine={onLine} />}{' '}
        <Said>{fault?.message ?? message}</Said>
      </span>
    </p>
  )
}
