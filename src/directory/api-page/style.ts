/** The style of the page. The policy of the page allows this text by its hash, and nothing else. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1c2024; --faint: #60646c; --page: #fff; --box: #f4f5f7; --line: #d9dce1; --link: #0b57a4 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --faint: #9ba1a9; --page: #14161a; --box: #1f2227; --line: #343941; --link: #8ab9f1 }
}
* { box-sizing: border-box }
body { margin: 0; color: var(--text); background: var(--page); font: 1rem/1.5 system-ui, sans-serif }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
code, pre { font: .875rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
pre { margin: .25rem 0 .75rem; padding: .5rem .75rem; background: var(--box); border-radius: .375rem; white-space: pre-wrap }
pre i { color: var(--faint); font-style: normal }
main, nav { padding: 1rem }
h1 { margin: 0 0 .5rem; font-size: 1.5rem }
h2 { margin: 2.5rem 0 0; font-size: 1.375rem }
h3 { margin: 0; font: 600 1.0625rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
h3 a { color: inherit }
h3 b { color: var(--link) }
h4 { margin: .75rem 0 0; font-size: .875rem; color: var(--faint) }
p { margin: .25rem 0 .75rem; max-width: 44rem }
summary { margin: .75rem 0 0; font-size: .875rem; font-weight: bold; color: var(--faint); cursor: pointer }
article { padding: 1rem 0; border-bottom: 1px solid var(--line); scroll-margin-top: .5rem }
article:target { border-left: .25rem solid var(--link); padding-left: .75rem }
nav { border-bottom: 1px solid var(--line); background: var(--box) }
nav > a { margin-right: 1rem; font-weight: bold }
nav ul { display: none; margin: .25rem 0 1rem; padding: 0; list-style: none }
nav li { overflow-wrap: anywhere; padding: .1875rem 0; font-size: .875rem }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 20rem minmax(0, 1fr) }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border: 0; border-right: 1px solid var(--line) }
  nav ul { display: block }
  main { padding: 1.5rem 2rem; max-width: 64rem }
}
@media print { nav { display: none } }
`
