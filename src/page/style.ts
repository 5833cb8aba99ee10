const RULES = `
:root {
  color-scheme: light dark;
  --paper: #fbf8f3; --well: #f3ede3; --line: #e3dbcd;
  --ink: #25221d; --soft: #655e53; --seal: #9a3a1d; --good: #3d6b3a;
  --sans: system-ui, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC",
    sans-serif;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Songti SC", "Noto Serif CJK SC",
    Georgia, serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191714; --well: #221f1b; --line: #38332c;
    --ink: #e9e3d8; --soft: #a79f92; --seal: #e79a78; --good: #9cc596;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.65 var(--sans); overflow-wrap: anywhere;
}
header, main, footer { max-width: 44rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; justify-content: space-between; align-items: baseline; padding-top: 1.5rem; }
header b { font: italic 1.2rem/1.4 var(--serif); }
footer { margin-top: 4rem; padding-top: 1rem; padding-bottom: 3rem; }
h1, h2, h3, p, dl, dd, ul, pre { margin: 0; padding: 0; }
h1 { margin: 3.5rem 0 1rem; font: 400 clamp(1.7rem, 6.5vw, 2.6rem)/1.2 var(--serif); }
h2 { margin: 3.5rem 0 1rem; font: 400 1.45rem/1.3 var(--serif); }
h3 { font-size: 1rem; font-weight: 600; }
p + p, p + .code, .code + p, .code + .code { margin-top: .8rem; }
a { color: var(--seal); text-underline-offset: .2em; }
:focus-visible { outline: 2px solid var(--seal); outline-offset: 2px; }
.lead { margin-bottom: 1.5rem; font-size: 1.1rem; }
.note, footer, label, th, .code > p { color: var(--soft); font-size: .875rem; }

code, pre, #image-text, li button { font-family: var(--mono); }
code { padding: .1em .3em; background: var(--well); border-radius: 3px; font-size: .875em; }
.code {
  position: relative; padding: .7rem .9rem .8rem;
  background: var(--well); border: 1px solid var(--line); border-radius: 6px;
}
.code > p { padding-right: 5rem; }
.code code { padding: 0; font-size: .9rem; }
.code > button { position: absolute; top: .45rem; right: .45rem; }
pre { white-space: pre-wrap; line-height: 1.55; }

button {
  padding: .2rem .7rem; font: inherit; font-size: .875rem; cursor: pointer;
  color: var(--seal); background: var(--paper); border: 1px solid var(--line); border-radius: 5px;
}
button:hover { border-color: currentColor; }
button:disabled { color: var(--soft); border-color: var(--line); cursor: default; }
form { display: flex; flex-wrap: wrap; gap: .5rem; }
form button { padding: .55rem 1.1rem; font-size: 1rem; }
label { flex-basis: 100%; }
input {
  flex: 1 1 14rem; min-width: 0; padding: .55rem .75rem; font: inherit;
  color: inherit; background: var(--well); border: 1px solid var(--soft); border-radius: 5px;
}
::placeholder { color: var(--soft); opacity: 1; }
form + .note { margin-top: .6rem; }
[role=status]:not(:empty), form ~ div > *, form ~ ul { margin-top: .8rem; }

dl { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.5rem; }
dt { color: var(--soft); }
.up::before, .down::before {
  content: ""; display: inline-block; width: .55em; height: .55em; margin-right: .5em;
  background: var(--good); border-radius: 50%;
}
.down::before { background: var(--seal); border-radius: 0; }

details { border-top: 1px solid var(--line); }
details:last-of-type { border-bottom: 1px solid var(--line); }
p + details { margin-top: .8rem; }
summary {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .8rem;
  padding: .75rem 0; cursor: pointer; list-style: none;
}
summary::-webkit-details-marker { display: none; }
summary::before { content: "+"; width: .8rem; color: var(--seal); font-family: var(--mono); }
[open] > summary::before { content: "−"; }
summary .note { margin-left: auto; }
details > div { padding: .1rem 0 1.8rem; }
.code + p { margin-top: 1.2rem; }

table { width: 100%; border-collapse: collapse; }
th, td {
  padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: baseline;
}
th { font-weight: 400; }
ul { list-style: none; }
li { padding: .7rem 0; border-top: 1px solid var(--line); }
li button { margin-right: .7rem; }
#copy-status { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

@media (max-width: 30rem) {
  h1 { margin-top: 2.2rem; }
  dl { display: block; }
  dd + dt { margin-top: .7rem; }
  summary .note { flex-basis: 100%; margin-left: 1.6rem; }
}
@media (forced-colors: active) {
  .up::before, .down::before { background: CanvasText; }
}
`;

/** Paper, ink and seal red, by day and by night; no colour of anybody's brand. */
export const STYLE = RULES.replace(/\n\s*/g, " ");
