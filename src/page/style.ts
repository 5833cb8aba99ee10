const RULES = `
:root {
  color-scheme: light dark;
  --paper: #fbf8f3; --well: #f3ede3; --line: #e0d7c8;
  --ink: #25221d; --soft: #655e53; --seal: #9a3a1d; --good: #3d6b3a;
  --serif: Palatino, Georgia, serif;
  --mono: ui-monospace, Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191714; --well: #221f1b; --line: #3b362f;
    --ink: #e9e3d8; --soft: #a79f92; --seal: #e79a78; --good: #9cc596;
  }
}
* { box-sizing: border-box; margin: 0; padding: 0; }
[hidden] { display: none !important; }
body {
  max-width: 46rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.65 system-ui, sans-serif; overflow-wrap: anywhere;
}
header, .chips, form { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem; }
header b { flex: 1; font: italic 1.2rem var(--serif); }
h1 { margin: 2.5rem 0 .5rem; font: 400 min(2.2rem, 7vw)/1.2 var(--serif); }
h2 { margin: 3rem 0 .8rem; font-size: 1.3rem; }
h3, aside h2, div > h2 { margin: 0; font-size: 1rem; }
footer { margin-top: 3rem; }
a, .down, .warning, .error b { color: var(--seal); }
.up { color: var(--good); }
:focus-visible { outline: 2px solid var(--seal); outline-offset: 2px; }
p + *, li + li, .code + *, .fold + *, .chips, .error, .warning, #image-commands, #image-status:not(:empty) { margin-top: .7rem; }
form, dl, aside, div > h2 { margin-top: 1.4rem; }
.status, .note, footer, label, dt, .code > p { color: var(--soft); font-size: .875rem; }

.code, button, textarea, aside, .error { border: 1px solid var(--line); border-radius: 6px; background: var(--well); }
.code { position: relative; padding: .6rem .9rem .8rem; }
.code > button { position: absolute; top: .5rem; right: .5rem; }
pre { margin: .2rem 0 0 !important; }
pre, dd { white-space: pre-wrap; }
aside, .error { padding: .8rem 1rem; border-left: 4px solid var(--seal); font-size: .875rem; }
.error b { display: block; }

button, textarea { padding: .15rem .65rem; font-size: .875rem; line-height: inherit; color: var(--seal); }
button { font-family: inherit; cursor: pointer; background: var(--paper); }
code, textarea, .chips button, dd { font-family: var(--mono); font-size: .875rem; }
p code { background: var(--well); }
[aria-pressed=true] { color: var(--paper); background: var(--seal); }
form > * { padding: .5rem .9rem; font-size: 1rem; }
label { width: 100%; padding: 0; font-size: .875rem; }
textarea { flex: 1; min-width: 0; resize: none; color: inherit; border-color: var(--soft); }
::placeholder { color: var(--soft); }

dl { display: grid; grid-template-columns: auto 1fr; gap: .35rem 1.2rem; align-items: baseline; }

details { border-top: 1px solid var(--line); }
summary { padding: .75rem 0; cursor: pointer; }
summary h3 { display: inline; margin: 0 .6rem; }
details > div { padding-bottom: 1.6rem; }
.fold { border: 0; }
ul { list-style: none; }
#copy-status { position: absolute; clip-path: inset(50%); }
`;

/** Paper, ink and seal red, light and dark; no colours of any brand. */
export const STYLE = RULES.replace(/\n\s*/g, " ");
