/** Keys, and what each does. */
export function KeyList({ keys }: { readonly keys: readonly (readonly [key: string, does: string])[] }) {
  return (
    <dl className="facts">
      {keys.map(([key, does]) => (
        <div key={key} className="fact">
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  )
}
