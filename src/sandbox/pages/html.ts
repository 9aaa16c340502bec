const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Markup that is safe as it is. */
export class Html {
  constructor(readonly markup: string) {}
}

type Piece = Html | string | number | null | false | readonly Piece[]

function inMarkup(piece: Piece): string {
  if (piece === null || piece === false) return ''
  if (piece instanceof Html) return piece.markup
  if (typeof piece === 'object') return piece.map(inMarkup).join('')
  return String(piece).replace(/[&<>"']/g, (character) => escapes[character] as string)
}

/** Whatever is put in is text, unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...pieces: Piece[]): Html {
  return new Html(parts.reduce((markup, part, at) => markup + part + inMarkup(pieces[at] ?? null), ''))
}

const style = `
  :root { color-scheme: light dark; --ink: #1a1f36; --soft: #5b6478; --line: #d8dee8; --ground: #f6f8fb; --card: #fff;
    --accent: #4b45c6; --good: #0b6b3a; --bad: #a3192b; --note: #fff4d6; --note-ink: #6b4b00; }
  @media (prefers-color-scheme: dark) { :root { --ink: #eceff5; --soft: #a9b2c3; --line: #3a4254; --ground: #12151c;
    --card: #1c212c; --accent: #8f8aff; --good: #5fd598; --bad: #ff8a98; --note: #3d3213; --note-ink: #ffe3a1; } }
  * { box-sizing: border-box }
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground) }
  .banner { background: var(--note); color: var(--note-ink); padding: .5rem 1rem; text-align: center; font-weight: 600 }
  main { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  main.wide { max-width: 76rem }
  .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; margin-bottom: 1.5rem }
  .card > :first-child { margin-top: 0 } .card > :last-child { margin-bottom: 0 }
  h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 0 0 .75rem }
  .amount { font-size: 2.25rem; font-weight: 700; margin: .25rem 0 }
  .soft { color: var(--soft) } .good { color: var(--good) } .bad { color: var(--bad) }
  table { width: 100%; border-collapse: collapse } th, td { text-align: left; padding: .5rem .75rem .5rem 0; vertical-align: top;
    border-bottom: 1px solid var(--line) } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
  :is(th, td):last-child { padding-right: 0 } tfoot td { font-weight: 600; border-bottom: 0 } .scroll { overflow-x: auto } code { font-size: .875em; word-break: break-all }
  form { margin: 1rem 0 } fieldset { border: 0; padding: 0; margin: 0; display: grid; gap: .75rem }
  legend { padding: 0; margin-bottom: .75rem }
  .buttons { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center } td button { padding: .25rem .75rem; white-space: nowrap }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
  button, input { font: inherit; border-radius: 8px; border: 1px solid var(--line); padding: .6rem 1rem; color: inherit;
    background: var(--card) } button { cursor: pointer } button.main { background: var(--accent); color: var(--card);
    border-color: var(--accent); font-weight: 600 } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
  @media (max-width: 30rem) { main { margin: 1rem auto; padding: 0 .5rem } .card { padding: 1rem; margin-bottom: 1rem }
    h1 { font-size: 1.25rem } .amount { font-size: 1.75rem } }
  label.keep { display: flex; gap: .5rem; align-items: center } a { color: var(--accent) }
`

/** A table that may be wider than the page: who has no mouse moves it by the keyboard, so it can be reached. */
export function scrolling(name: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">${table}</div>`
}

export function document(title: string, body: Html, shape: 'narrow' | 'wide' = 'narrow'): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<div class="banner" role="note">Stripe sandbox — no money moves here</div>
<main class="${shape === 'wide' ? 'wide' : ''}">${body}</main>
</body>
</html>
`.markup
}
