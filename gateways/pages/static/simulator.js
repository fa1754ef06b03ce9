"use strict";
// Phones side by side. What a phone writes goes to its channel's door; what is delivered to it comes back as server-sent events.
// Everything is put in as text, never as HTML.
(() => {
  const KEY = "evenkeel-phones";
  const WRITE = {
    EX: (phone, text) => ({ from: phone, text }),
    KN: (phone, text) => ({ id: Date.now() + "-" + Math.random().toString(16).slice(2), ts: String(Math.floor(Date.now() / 1000)), sender: phone, message: text }),
  };
  const REPORT = {
    EX: (path, id) => path.replace(/receive$/, "delivered?") + new URLSearchParams({ id }),
    KN: (path, id) => path.replace(/receive$/, "status?") + new URLSearchParams({ uuid: id, status: "1" }),
  };
  const place = document.getElementById("phones");
  const connection = document.getElementById("connection");
  const channels = new Map();
  let phones = [];
  let events = null;
  let drawn = 0;

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function linked(parent, text) {
    for (const part of text.split(/(https?:\/\/[^\s<>"]+)/)) {
      if (/^https?:\/\//.test(part)) parent.append(link(part, part));
      else if (part) parent.append(part);
    }
  }

  function link(address, text) {
    const made = element("a", "", text);
    made.href = address;
    made.rel = "noopener noreferrer";
    made.target = "_blank";
    return made;
  }

  function save() {
    localStorage.setItem(KEY, JSON.stringify(phones.map((phone) => ({ number: phone.number, channel: phone.channel }))));
  }

  function saved() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) || "[]");
      return Array.isArray(kept) ? kept.filter((phone) => phone && typeof phone.number === "string") : [];
    } catch { return []; }
  }

  const plain = (number) => "+" + number.replace(/\D/g, "");

  function made_up() {
    return "+25078" + String(Math.floor(1000000 + Math.random() * 9000000));
  }

  function add(kept) {
    const phone = {
      number: plain(kept.number || made_up()),
      channel: channels.has(kept.channel) ? kept.channel : channels.keys().next().value,
      seen: new Set(),
      asked: 0,
      known: new Set(),
      live: [],
    };
    const root = document.getElementById("phone").content.cloneNode(true).querySelector(".phone");
    const settings = root.querySelector(".settings");
    const write = root.querySelector(".write");
    const id = "text-" + (++drawn);
    write.elements.text.id = id;
    write.querySelector("label").htmlFor = id;
    const groups = new Map();
    for (const [uuid, channel] of channels) {
      if (!groups.has(channel.workspace)) groups.set(channel.workspace, element("optgroup"));
      const option = element("option", "", channel.workspace + " " + channel.address + " (" + channel.type + ")");
      option.value = uuid;
      groups.get(channel.workspace).append(option);
    }
    for (const [name, group] of groups) {
      group.label = name;
      settings.elements.channel.append(group);
    }
    settings.elements.number.value = phone.number;
    settings.elements.channel.value = phone.channel;
    phone.root = root;
    phone.list = root.querySelector(".messages");
    phone.replies = root.querySelector(".replies");
    settings.addEventListener("submit", (event) => { event.preventDefault(); changed(phone, settings); });
    settings.addEventListener("change", () => changed(phone, settings));
    root.querySelector(".remove").addEventListener("click", () => remove(phone));
    write.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = write.elements.text.value;
      write.elements.text.value = "";
      say(phone, text);
    });
    named(phone);
    phones.push(phone);
    place.append(root);
    load(phone);
    return phone;
  }

  function named(phone) {
    phone.root.setAttribute("aria-label", "Phone " + phone.number);
  }

  function changed(phone, settings) {
    const number = plain(settings.elements.number.value || made_up());
    const channel = settings.elements.channel.value;
    settings.elements.number.value = number;
    if (number === phone.number && channel === phone.channel) return;
    Object.assign(phone, { number, channel, live: [] });
    draw(phone, []);
    named(phone);
    save();
    load(phone);
    listen();
  }

  function remove(phone) {
    phones = phones.filter((other) => other !== phone);
    phone.root.remove();
    save();
    listen();
  }

  // What is said while the history is on its way is not in it, or not yet: it stays on the screen.
  async function load(phone) {
    const asked = ++phone.asked;
    phone.live = phone.live.filter(may_be_missing);
    const messages = await history_of(phone);
    if (messages && asked === phone.asked) draw(phone, messages);
  }

  // A message in, until the read model must have it: a history of fifty may have left it behind since.
  function may_be_missing(message) {
    return message.direction === "in" && (!message.uuid || Date.now() - Date.parse(message.created_on) < 60_000);
  }

  async function history_of(phone) {
    const query = new URLSearchParams({ channel: phone.channel, phone: phone.number });
    try {
      const answer = await fetch("/simulator/messages?" + query);
      return answer.ok ? await answer.json() : null;
    } catch { return null; }
  }

  function draw(phone, messages) {
    phone.known = new Set(messages.map((message) => message.uuid).filter(Boolean));
    phone.live = phone.live.filter((message) => !phone.known.has(message.uuid));
    phone.list.replaceChildren();
    phone.replies.replaceChildren();
    phone.seen.clear();
    for (const message of [...messages, ...phone.live]) show(phone, message);
  }

  // Said since the history was asked for, or written and not yet in it.
  function show_live(phone, message) {
    phone.live = [...phone.live.slice(-99), message];
    show(phone, message);
  }

  function show(phone, message) {
    if (message.direction === "out" && seen_before(phone, message)) return;
    if (!message.line) message.line = drawn_line(message);
    phone.list.append(message.line);
    phone.list.scrollTop = phone.list.scrollHeight;
    offer(phone, message.direction === "out" ? message.quick_replies || [] : []);
  }

  // A delivery may be named by its id or by its uuid; the parts of a long message share either.
  function seen_before(phone, message) {
    const keys = [message.id, message.uuid].filter(Boolean).map((name) => name + "|" + message.text);
    const seen = keys.some((key) => phone.seen.has(key));
    for (const key of keys) phone.seen.add(key);
    return seen;
  }

  function drawn_line(message) {
    const line = element("li", message.direction === "in" ? "in" : "out");
    line.append(element("span", "unseen", message.direction === "in" ? "You: " : "Answer: "));
    linked(line, message.text);
    for (const attachment of message.attachments || []) {
      const address = attachment.slice(attachment.indexOf(":") + 1);
      line.append(" ");
      if (/^https?:\/\//.test(address)) line.append(link(address, "Attachment (" + attachment.split(":")[0] + ")"));
      else line.append("[" + attachment + "]");
    }
    const when = new Date(message.created_on);
    if (!Number.isNaN(when.getTime())) {
      const time = element("time", "", when.toLocaleTimeString());
      time.dateTime = message.created_on;
      line.append(time);
    }
    return line;
  }

  function offer(phone, replies) {
    phone.replies.replaceChildren();
    for (const reply of replies) {
      const button = element("button", "", reply);
      button.type = "button";
      button.addEventListener("click", () => say(phone, reply));
      phone.replies.append(button);
    }
  }

  async function say(phone, text) {
    const channel = channels.get(phone.channel);
    const message = { direction: "in", text, created_on: new Date().toISOString(), uuid: null };
    show_live(phone, message);
    const line = message.line;
    const state = element("span", "state", "sending …");
    line.append(state);
    try {
      const answer = await fetch(channel.receive_path, {
        method: "POST",
        body: new URLSearchParams((WRITE[channel.type] || WRITE.EX)(phone.number, text)),
      });
      state.textContent = answer.ok ? "" : "refused (" + answer.status + ")";
      line.classList.toggle("failed", !answer.ok);
      if (answer.ok) message.uuid = await stored_as(answer);
    } catch {
      state.textContent = "not sent: no connection";
      line.classList.add("failed");
    }
    if (message.uuid && phone.known.has(message.uuid)) {
      phone.live = phone.live.filter((other) => other !== message);
      line.remove();
    }
  }

  async function stored_as(answer) {
    try { return (await answer.json()).data[0].msg_uuid || null; } catch { return null; }
  }

  function arrived(message) {
    for (const phone of phones) {
      if (phone.channel === message.channel && phone.number === message.phone) show_live(phone, { ...message });
    }
    const channel = channels.get(message.channel);
    const report = channel && message.id && REPORT[channel.type];
    if (report) fetch(report(channel.receive_path, message.id)).catch(() => {});
  }

  function listen() {
    if (events) events.close();
    const wanted = new URLSearchParams([...new Set(phones.map((phone) => phone.channel))].map((uuid) => ["channel", uuid]));
    events = new EventSource("/simulator/events?" + wanted);
    events.addEventListener("open", () => {
      connection.textContent = "Connected.";
      phones.forEach(load);  // what was delivered before it was open
    });
    events.addEventListener("error", () => { connection.textContent = "Connection lost; trying again …"; });
    events.addEventListener("message", (event) => arrived(JSON.parse(event.data)));
  }

  async function begin() {
    try {
      const answer = await fetch("/simulator/workspaces");
      for (const workspace of await answer.json()) {
        for (const channel of workspace.channels) channels.set(channel.uuid, { ...channel, workspace: workspace.name });
      }
    } catch {
      connection.textContent = "The workspaces can't be read; load the page again.";
      return;
    }
    if (!channels.size) {
      connection.textContent = "There is no demo channel yet; load the page again in a moment.";
      return;
    }
    const kept = saved();
    for (const phone of kept.length ? kept : [{}, {}]) add(phone);
    save();
    listen();
    document.getElementById("add-phone").addEventListener("click", () => {
      add({}).root.querySelector(".write input").focus();
      save();
      listen();
    });
  }

  begin();
})();
