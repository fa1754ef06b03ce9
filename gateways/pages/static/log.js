"use strict";
// The log as it moves: figures and records come as server-sent events and are put in as text, never as HTML.
(() => {
  const KEPT = 200;
  const connection = document.getElementById("connection");
  const pause = document.getElementById("pause");
  const readers = document.getElementById("readers");
  const records = document.querySelector("#records tbody");
  let paused = false;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function offset(number) {
    return number === undefined || number < 0 ? "–" : number;
  }

  function row(cells) {
    const made = element("tr");
    made.append(...cells);
    return made;
  }

  function heading(text, className) {
    const made = element("th", text, className);
    made.scope = "col";
    return made;
  }

  function draw(status) {
    const log = status.log || {};
    const names = Object.keys(log.readers || {});
    const cells = names.flatMap((name) => [heading(name, "number"), heading("lag", "number")]);
    readers.tHead.replaceChildren(row([heading("Partition"), heading("Head", "number"), ...cells]));
    readers.tBodies[0].replaceChildren(...Object.entries(log.heads || {}).map(([partition, head]) => row([
      element("td", partition),
      element("td", offset(head), "number"),
      ...names.flatMap((name) => {
        const reader = log.readers[name];
        const lag = (reader.lag || {})[partition] || 0;
        return [element("td", offset((reader.cursors || {})[partition]), "number"), element("td", lag, lag > 0 ? "number behind" : "number")];
      }),
    ])));
    list("parked", (log.parked || []).map((each) => each.organization + " at " + each.partition + "." + each.offset), "None.");
    list("processes", (status.processes || []).map((each) => each.name + ": " + each.state + (each.pid ? " (" + each.pid + ")" : "")), "None.");
    const sums = Object.entries(status.queues || {}).map(([name, content]) => [name, typeof content === "string" ? content : total(content) + " messages"]);
    const spool = status.spool || {};
    sums.push(["spool", (spool.segments || 0) + " files, " + (spool.bytes || 0) + " bytes"]);
    document.getElementById("queues").replaceChildren(...sums.flatMap(([name, text]) => [element("dt", name), element("dd", text)]));
    const trouble = [status.error, log.error, (status.queues || {}).error].filter(Boolean).join(" ");
    const place = document.getElementById("trouble");
    if (place.textContent !== trouble) place.textContent = trouble;
  }

  function total(content) {
    return typeof content === "number" ? content : Object.values(content || {}).reduce((sum, each) => sum + total(each), 0);
  }

  function list(id, lines, none) {
    document.getElementById(id).replaceChildren(...(lines.length ? lines : [none]).map((line) => element("li", line)));
  }

  function pass(news, more) {
    for (const record of news) {
      const events = Object.entries(record.events).map(([name, count]) => (count > 1 ? name + " ×" + count : name)).join(", ");
      const position = record.partition + "." + record.offset + (record.cause ? " ← " + record.cause : "");
      const organization = element("td", record.organization.slice(0, 8));
      organization.title = record.organization;
      records.prepend(row([
        element("td", new Date(record.at / 1000).toLocaleTimeString()),
        element("td", position),
        element("td", record.kind),
        element("td", record.actor),
        organization,
        element("td", events, "events"),
      ]));
    }
    if (more) records.prepend(row([Object.assign(element("td", "… and " + more + " more"), { colSpan: 6 })]));
    while (records.rows.length > KEPT) records.deleteRow(-1);
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
  });

  const stream = new EventSource("/log/events");
  stream.addEventListener("open", () => { connection.textContent = "Connected."; });
  stream.addEventListener("error", () => { connection.textContent = "Connection lost; trying again …"; });
  stream.addEventListener("message", (event) => {
    if (paused) return;
    const news = JSON.parse(event.data);
    draw(news.status);
    pass(news.records, news.more);
  });
})();
