"use strict";
// Asks the API's channel_log with the token that was typed in; what comes is put in as text, never as HTML.
(() => {
  const form = document.getElementById("ask");
  const said = document.getElementById("said");
  const rows = document.querySelector("#exchanges tbody");
  const more = document.getElementById("more");
  let next = null;
  let asked = 0;

  const given = decodeURIComponent(location.pathname.replace("/channels/log", "").replaceAll("/", ""));
  if (given) form.channel.value = given;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function texts(exchange) {
    const details = element("details");
    const what = [exchange.request, exchange.response, ...exchange.notes].filter(Boolean).join("\n\n");
    details.append(element("summary", exchange.messages.join(" ") || "Show"), element("pre", what));
    const cell = element("td");
    cell.append(details);
    return cell;
  }

  function row(exchange) {
    const made = element("tr");
    made.append(
      element("td", exchange.created_on),
      element("td", exchange.direction),
      element("td", exchange.type),
      element("td", exchange.status, "number"),
      element("td", exchange.elapsed_ms, "number"),
      element("td", exchange.error, "events"),
      texts(exchange),
    );
    return made;
  }

  // An answer that comes when something else was asked meanwhile is of no interest any more.
  async function show(url, replace) {
    const question = ++asked;
    said.textContent = "Asking …";
    more.hidden = true;
    let answer, found;
    try {
      answer = await fetch(url, { headers: { Authorization: "Token " + form.token.value.trim() } });
      found = await answer.json();
    } catch {
      found = null;
    }
    if (question !== asked) return;
    if (found === null) {
      said.textContent = "There was no answer that can be read.";
      return;
    }
    if (!answer.ok) {
      said.textContent = found.detail || "The answer was " + answer.status + ".";
      return;
    }
    const made = found.results.map(row);
    if (replace) rows.replaceChildren(...made); else rows.append(...made);
    const counted = (found.counted || []).reduce((sum, each) => sum + each.count, 0);
    said.textContent = rows.children.length + " shown." + (counted ? " " + counted + " more were counted and not kept." : "");
    next = found.next ? new URL(found.next) : null;
    more.hidden = next === null;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = new URLSearchParams();
    for (const name of ["channel", "message"]) if (form[name].value.trim()) asked.set(name, form[name].value.trim());
    if (form.errors.checked) asked.set("errors", "true");
    show("/api/v2/channel_log.json?" + asked, true);
  });
  more.addEventListener("click", () => show(next.pathname + next.search, false));
})();
