const RULES = `
:root {
  color-scheme: light dark;
  --paper: #fbf8f3; --well: #f3ede3; --line: #e3dbcd;
  --ink: #25221d; --soft: #655e53; --seal: #9a3a1d; --good: #3d6b3a;
  --serif: "Iowan Old Style", Palatino, "Palatino Linotype", "Songti SC", Georgia, serif;
  --mono: ui-monospace, Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191714; --well: #221f1b; --line: #38332c;
    --ink: #e9e3d8; --soft: #a79f92; --seal: #e79a78; --good: #9cc596;
  }
}
* { box-sizing: border-box; margin: 0; padding: 0; }
[hidden] { display: none; }
body {
  max-width: 44rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.65 system-ui, sans-serif; overflow-wrap: anywhere; text-wrap: pretty;
}
header, summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .8rem; }
header b { flex: 1; font: italic 1.2rem/1.4 var(--serif); }
h1 { margin: 3rem 0 1rem; font: 400 clamp(1.7rem, 6.5vw, 2.6rem)/1.2 var(--serif); }
h2 { margin: 3.5rem 0 1rem; font: 400 1.45rem/1.3 var(--serif); }
h3 { font-size: 1rem; }
footer { margin-top: 4rem; }
a { color: var(--seal); }
p + *, .code + *, form + p, form ~ div > *, ul { margin-top: .8rem; }
:focus-visible { outline: 2px solid var(--seal); outline-offset: 2px; }
.lead { font-size: 1.1rem; }
.note, footer, label, dt, .code > p { color: var(--soft); font-size: .875rem; }

code, pre, #image-text, li button { font-family: var(--mono); }
code { padding: .1em .3em; background: var(--well); border-radius: 3px; font-size: .875em; }
.code, button, input { border: 1px solid var(--line); border-radius: 5px; }
.code { position: relative; padding: .7rem .9rem .8rem; background: var(--well); }
.code > p { padding-right: 5rem; }
.code > button { position: absolute; top: .45rem; right: .45rem; margin: 0; }
pre { margin: 0 !important; white-space: pre-wrap; line-height: 1.55; }
pre code { padding: 0; font-size: .9rem; }

button, input { padding: .2rem .7rem; font: inherit; color: var(--seal); background: var(--paper); }
button { font-size: .875rem; cursor: pointer; }
button:hover { border-color: currentColor; }
button:disabled { color: var(--soft); border-color: var(--line); cursor: default; }
form { display: flex; flex-wrap: wrap; gap: .5rem; }
form button, input { padding: .5rem .9rem; font-size: 1rem; }
label { flex-basis: 100%; }
input { flex: 1 1 14rem; min-width: 0; color: inherit; background: var(--well); border-color: var(--soft); }
::placeholder { color: var(--soft); opacity: 1; }

dl { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.5rem; align-items: baseline; }
.up::before { content: "● " / ""; color: var(--good); }
.down::before { content: "▲ " / ""; color: var(--seal); }

details, li { border-top: 1px solid var(--line); }
summary { padding: .75rem 0; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "+" / ""; width: .8rem; color: var(--seal); font-family: var(--mono); }
[open] > summary::before { content: "−" / ""; }
summary h3 { flex: 1; }
details > div { padding: .1rem 0 1.8rem; }
ul { list-style: none; }
li { padding: .7rem 0; }
#copy-status { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

@media (max-width: 30rem) {
  dl { display: block; }
  dd + dt { margin-top: .7rem; }
}
`;

/** Paper, ink and seal red, light and dark; no colours of any brand. */
export const STYLE = RULES.replace(/\n\s*/g, " ");
