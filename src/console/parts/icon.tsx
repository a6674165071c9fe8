import type { ReactNode } from 'react'

/** Drawn on a square of 16 by 16, by lines in the colour of the text. */
const ICONS = {
  home: <path d="M2.5 7.5 8 3l5.5 4.5V13h-4V9.5h-3V13h-4z" />,
  person: (
    <>
      <circle cx="8" cy="5.5" r="2.5" />
      <path d="M3 13.5c.5-3 2.5-4.2 5-4.2s4.5 1.2 5 4.2" />
    </>
  ),
  inbox: (
    <>
      <path d="M2.5 9.5 4.5 3h7l2 6.5V13h-11z" />
      <path d="M2.5 9.5H6c0 1.2.9 2 2 2s2-.8 2-2h3.5" />
    </>
  ),
  products: (
    <>
      <rect x="2.5" y="2.5" width="4.5" height="4.5" rx="1" />
      <rect x="9" y="2.5" width="4.5" height="4.5" rx="1" />
      <rect x="2.5" y="9" width="4.5" height="4.5" rx="1" />
      <rect x="9" y="9" width="4.5" height="4.5" rx="1" />
    </>
  ),
  register: (
    <path d="M3 3.5A1.5 1.5 0 0 1 4.5 2H13v10H4.5A1.5 1.5 0 0 0 3 13.5zM3 13.5A1.5 1.5 0 0 0 4.5 14H13M6 5h4" />
  ),
  review: (
    <>
      <path d="M3 3h10v8H8l-3 2.5V11H3z" />
      <path d="m6 7 1.4 1.4L10.2 5.6" />
    </>
  ),
  laptop: (
    <>
      <rect x="3" y="3" width="10" height="7" rx="1" />
      <path d="M1.5 12.5h13" />
    </>
  ),
  people: (
    <>
      <circle cx="6" cy="5.5" r="2.3" />
      <path d="M1.8 13c.4-2.7 2-3.9 4.2-3.9s3.8 1.2 4.2 3.9M10.5 3.4a2.3 2.3 0 0 1 0 4.2M12 9.5c1.3.5 2 1.7 2.2 3.5" />
    </>
  ),
  frozen: <path d="M8 1.5v13M2.4 4.7l11.2 6.6M2.4 11.3l11.2-6.6M6.3 2.6 8 4.2l1.7-1.6M6.3 13.4 8 11.8l1.7 1.6" />,
  policy: (
    <>
      <path d="M8 1.8 13 3.6v4c0 3.2-2 5.3-5 6.6-3-1.3-5-3.4-5-6.6v-4z" />
      <path d="m5.8 7.8 1.6 1.6 2.9-3" />
    </>
  ),
  rules: (
    <>
      <path d="M2.5 4h5M10.5 4h3M2.5 8h2M7.5 8h6M2.5 12h6M11.5 12h2" />
      <circle cx="9" cy="4" r="1.5" />
      <circle cx="6" cy="8" r="1.5" />
      <circle cx="10" cy="12" r="1.5" />
    </>
  ),
  server: <path d="M6 2v3M10 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14" />,
  extension: <path d="M3 5.5h2.7a1.6 1.6 0 1 1 3.1 0h2.7v2.7a1.6 1.6 0 1 1 0 3.1V14H3z" />,
  runtime: (
    <>
      <rect x="4" y="4" width="8" height="8" rx="1" />
      <path d="M6.5 1.8V4M9.5 1.8V4M6.5 12v2.2M9.5 12v2.2M1.8 6.5H4M1.8 9.5H4M12 6.5h2.2M12 9.5h2.2" />
    </>
  ),
  file: <path d="M4 1.8h5L12.5 5v9.2H4zM9 1.8V5h3.5" />,
  warning: <path d="M8 2.2 14.3 13H1.7zM8 6.5v3M8 11.2v.1" />,
  list: <path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1" />,
  settings: (
    <>
      <circle cx="8" cy="8" r="2" />
      <path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4" />
    </>
  ),
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.2" />
      <path d="m10.2 10.2 3.3 3.3" />
    </>
  ),
  theme: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path className="half" d="M8 2.5v11A5.5 5.5 0 0 0 8 2.5z" />
    </>
  ),
  running: <circle className="filled" cx="8" cy="8" r="4.5" />,
  installed: <circle cx="8" cy="8" r="4" />,
  blocked: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="m4.3 4.3 7.4 7.4" />
    </>
  ),
  unregistered: (
    <>
      <circle cx="8" cy="8" r="5.5" strokeDasharray="2.6 2.2" />
      <circle className="filled" cx="8" cy="8" r="1.6" />
    </>
  ),
  unrecognised: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M6.2 6.5c0-1 .8-1.7 1.8-1.7s1.8.7 1.8 1.6c0 1.3-1.8 1.4-1.8 2.6M8 11.2v.1" />
    </>
  ),
  autonomous: <path d="M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z" />,
  asks: <path d="M3 3h10v8H8l-3 2.5V11H3zM6 7h4" />,
  unchecked: (
    <>
      <circle cx="8" cy="8" r="5.5" strokeDasharray="2.6 2.2" />
      <path d="M5.8 8h4.4" />
    </>
  ),
  'second-person': (
    <>
      <circle className="filled" cx="5.8" cy="5.5" r="2.3" />
      <path d="M1.8 13c.4-2.7 1.9-3.9 4-3.9 1 0 1.9.3 2.6.9" />
      <circle cx="11.3" cy="7" r="2" strokeDasharray="1.8 1.4" />
      <path strokeDasharray="1.8 1.4" d="M8.3 13.8c.3-2.1 1.4-3 3-3s2.7.9 3 3" />
    </>
  ),
  'in-force': <path className="half" d="M8 1.8 13 3.6v4c0 3.2-2 5.3-5 6.6-3-1.3-5-3.4-5-6.6v-4z" />,
  released: <path d="M5 3.2v9.6l7.5-4.8z" />,
  pass: (
    <>
      <circle className="filled" cx="8" cy="8" r="6.2" />
      <path className="knocked-out" d="m5.3 8.2 1.9 1.9 3.6-4" />
    </>
  ),
  fail: (
    <>
      <path className="filled" d="M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4z" />
      <path className="knocked-out" d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 4.8V8l2.3 1.5" />
    </>
  ),
  'no-verdict': (
    <>
      <rect x="2.5" y="2.5" width="11" height="11" rx="3" strokeDasharray="2.6 2.2" />
      <path d="M5.8 8h4.4" />
    </>
  ),
  proven: (
    <>
      <path
        className="filled"
        d="M8 1.2 9.9 2.6l2.3-.2.7 2.2 2 1.2-.8 2.2.8 2.2-2 1.2-.7 2.2-2.3-.2L8 14.8l-1.9-1.4-2.3.2-.7-2.2-2-1.2.8-2.2-.8-2.2 2-1.2.7-2.2 2.3.2z"
      />
      <path className="knocked-out" d="m5.5 8.1 1.8 1.8 3.3-3.7" />
    </>
  ),
  reported: <path strokeDasharray="2 1.8" d="M2.5 3.5h11v7H8l-3 2.7v-2.7H2.5z" />,
  close: <path d="m4.5 4.5 7 7M11.5 4.5l-7 7" />,
  add: <path d="M8 3.5v9M3.5 8h9" />,
  check: <path d="m3.5 8.5 3 3 6-7" />,
  down: <path d="m4.5 6.5 3.5 3.5 3.5-3.5" />,
  up: <path d="m4.5 9.5 3.5-3.5 3.5 3.5" />,
  download: <path d="M8 2.5v7M5 7l3 3 3-3M3 13h10" />,
  copy: <path d="M5.5 5.5V3H13v7.5h-2.5M3 5.5h7.5V13H3z" />,
  zombie: <path d="M3.5 13.5V7a4.5 4.5 0 0 1 9 0v6.5L11 12l-1.5 1.5L8 12l-1.5 1.5L5 12zM6.3 7.2h.1M9.7 7.2h.1" />,
  token: <path d="M9.5 9a3.5 3.5 0 1 0-2.5-1L2.5 12.5V14H5v-1.5h1.5V11z" />,
  webhook: <path d="M6 6.5a2.5 2.5 0 1 1 3.5 2.3M6.5 7.5 4 11.5a2 2 0 1 0 1.8 2.3M9.5 12.5h2a2 2 0 1 0-.5-3.8" />,
} as const satisfies Readonly<Record<string, ReactNode>>

export type IconName = keyof typeof ICONS

/** Every icon has its word beside it, so it is hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      {ICONS[name]}
    </svg>
  )
}
