import { useQueries } from '@tanstack/react-query'
import type { ComponentProps } from 'react'
import type { HumanView } from '../../protocol/nouns/people/people.ts'
import { ask } from '../data/api.ts'
import { formOf } from './form.ts'
import { VerbDialog } from './verb-dialog.tsx'

/** An edit. Items name people by id, and a form by user name. */
export function EditDialog(props: ComponentProps<typeof VerbDialog>) {
  const { verb, item } = props
  const members: Readonly<Record<string, unknown>> = { ...item }
  const people = formOf(verb).fields.filter(({ name, kind }) => kind === 'human' && typeof members[name] === 'string')
  const answers = useQueries({
    queries: people.map(({ name }) => ({
      queryKey: [`/humans/${members[name]}`],
      queryFn: () => ask<HumanView>('GET', `/humans/${members[name]}`),
    })),
  })
  if (answers.some(({ isPending }) => isPending)) return null
  const first = people.flatMap(({ name }, at) => {
    const found = answers[at]?.data
    return found === undefined ? [] : [[name, found.userName] as const]
  })
  return <VerbDialog {...props} first={Object.fromEntries(first)} />
}
