/** The first letters of a person's name, for the eye. The name itself is beside it. */
export function Avatar({ name, large = false }: { readonly name: string; readonly large?: boolean }) {
  const words = name.split(/[\s.@_-]+/u).filter((word) => /^\p{L}/u.test(word))
  const letters = words.slice(0, 2).map((word) => [...word][0]?.toUpperCase())
  return (
    <span className={`avatar ${large ? 'avatar-large' : ''}`} aria-hidden="true">
      {letters.join('')}
    </span>
  )
}
