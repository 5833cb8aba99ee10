import { expect, test } from "vitest";
import { html, json, prose, verbatim } from "../../src/page/markup.ts";

test("values are escaped, in text and in attributes", () => {
  const hostile = `"><script>alert('&')</script>`;
  expect(html`<a title="${hostile}">${hostile}</a>`.html).toBe(
    '<a title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;">' +
      "&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</a>",
  );
});

test("markup and lists of it stand as they are, null for nothing", () => {
  const items = [html`<li>a</li>`, html`<li>b</li>`];
  expect(html`<ul>${items}</ul>${null}${html`<p>${3}</p>`}`.html).toBe(
    "<ul><li>a</li><li>b</li></ul><p>3</p>",
  );
});

test("prose shows code between backticks, and is escaped before", () => {
  expect(prose("Set `a<b`, then `c`.").html).toBe("Set <code>a&lt;b</code>, then <code>c</code>.");
  expect(prose("one ` alone").html).toBe("one ` alone");
});

test("JSON cannot end the element that it stands in, and reads back as it was", () => {
  const value = { text: "</script><!--<script>" };
  const { html: text } = json(value);
  expect(text).not.toContain("<");
  expect(JSON.parse(text)).toEqual(value);
});

test("what is known to be markup is not touched", () => {
  expect(verbatim("<p>&</p>").html).toBe("<p>&</p>");
});
