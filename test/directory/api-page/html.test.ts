import { html } from '../../../src/directory/api-page/api-page.ts'

test('a template escapes its values', () => {
  const hostile = `</p><script>alert("1")</script>&amp;'`
  expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(
    '<p title="&#60;/p&#62;&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;amp;&#39;">' +
      '&#60;/p&#62;&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;amp;&#39;</p>',
  )
})

test('templates hold templates, one or many', () => {
  const items = ['a', '<b>'].map((one) => html`<li>${one}</li>`)
  expect(html`<ul>${items}${html`<li>${3}</li>`}</ul>`.text).toBe('<ul><li>a</li><li>&#60;b&#62;</li><li>3</li></ul>')
})

test('an object that only looks like HTML is refused', () => {
  expect(() => html`${{ text: '<b>' } as never}`).toThrow(TypeError)
})
