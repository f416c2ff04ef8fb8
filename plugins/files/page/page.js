/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page of a room (doc/file-protocol.md, "The room's page"): the list is asked for every other second, which costs nothing
 * while it is the same; files are put with their progress. What this browser has put it may delete: it keeps the keys.
 */
"use strict";

const PAUSE = 2000;
const KEYS = "reflectord-owner-keys";
const $ = id => document.getElementById(id);
let tag = null, limits = {}, there = new Map(), until = 0;

/* ---- texts ---- */

function size(octets) {
  const units = ["octets", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (octets >= 1000 && unit < units.length - 1) {
    octets /= 1000;
    unit++;
  }
  return `${unit ? octets.toFixed(1) : octets} ${units[unit]}`;
}

/* sip:alice@host is alice */
function person(owner) {
  const found = /^sips?:([^@;]+)@/.exec(owner);
  try {
    return found ? decodeURIComponent(found[1]) : owner;
  } catch {
    return found[1]; /* escapes that are none */
  }
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/* What one has done oneself, and why it failed, stays for a while. */
function complain(text) {
  say(text, true);
  until = Date.now() + 5 * PAUSE;
}

function say(text, bad) {
  if (Date.now() < until) return;
  if ($("state").textContent !== text) $("state").textContent = text;
  $("state").className = bad ? "bad" : "";
}

/* ---- what is ours ---- */

function keys() {
  try {
    return JSON.parse(localStorage.getItem(KEYS)) || {};
  } catch {
    return {};
  }
}

function keep(id, key) {
  const all = keys();
  if (key) all[id] = key;
  else delete all[id];
  try {
    localStorage.setItem(KEYS, JSON.stringify(all));
  } catch {
    /* a browser that keeps nothing cannot delete what it has put */
  }
}

async function remove(file) {
  const answer = await fetch(file.path, { method: "DELETE", headers: { Authorization: `Bearer ${keys()[file.id]}` } });
  if (answer.ok || answer.status === 404) keep(file.id, null);
  else complain(`“${file.name}” could not be deleted: ${await reason(answer)}`);
  look();
}

/* ---- the list ---- */

function row(file) {
  const item = element("li");
  const what = element("div", "what");
  const link = element("a", "name", file.name);
  link.href = file.path;
  link.download = file.name;
  what.append(link, element("div", "facts",
    `${size(file.size)} · ${person(file.owner)} · ${new Date(file.added).toLocaleString()}`));
  what.title = `SHA-256 ${file.sha256}`;
  item.append(what);
  item.dataset.id = file.id;
  if (keys()[file.id]) {
    const button = element("button", "", "Delete");
    button.type = "button";
    button.setAttribute("aria-label", `Delete ${file.name}`);
    button.addEventListener("click", () => remove(file));
    item.append(button);
  }
  return item;
}

/* Rows that stay are left alone: whoever has the focus keeps it. */
function show(list) {
  const now = new Map(list.files.map(file => [file.id, file]));
  $("room").textContent = list.room;
  document.title = `Files of ${list.room}`;
  for (const item of [...$("files").children])
    if (!now.has(item.dataset.id)) item.remove();
  for (const file of list.files)
    if (!there.has(file.id)) $("files").append(row(file));
  there = now;
  limits = list.limits || {};
  $("empty").hidden = list.files.length > 0;
  $("limit").textContent = limits.left === undefined ? "" : `Up to ${size(limits.left)}.`;
}

async function reason(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return `status ${answer.status}`;
  }
}

async function look() {
  try {
    const answer = await fetch("files", { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.status === 200) {
      show(await answer.json());
      tag = answer.headers.get("ETag");
      say("");
    } else if (answer.status === 304) {
      say("");
    } else if (answer.status === 404) {
      say("Nobody is in this room at present, or the link is wrong.", true);
    } else {
      say(await reason(answer), true);
    }
  } catch {
    say("The reflector does not answer. Trying again.", true);
  }
}

/* ---- uploads ---- */

function upload(file) {
  const item = element("li");
  const what = element("div", "what");
  const bar = element("progress");
  const facts = element("div", "facts", `0 of ${size(file.size)}`);
  const button = element("button", "", "Cancel");
  const request = new XMLHttpRequest();

  function finished(text, good) {
    bar.remove();
    facts.textContent = text;
    facts.className = good ? "facts good" : "facts bad";
    facts.setAttribute("role", "status");
    button.textContent = "Dismiss";
    button.setAttribute("aria-label", `Dismiss ${file.name}`);
    button.onclick = () => item.remove();
    if (good) setTimeout(() => item.remove(), 3 * PAUSE);
  }

  bar.max = Math.max(file.size, 1);
  bar.value = 0;
  bar.setAttribute("aria-label", `Progress of ${file.name}`);
  what.append(element("div", "name", file.name), bar, facts);
  button.type = "button";
  button.setAttribute("aria-label", `Cancel ${file.name}`);
  button.onclick = () => request.abort();
  item.append(what, button);
  $("uploads").append(item);
  if (limits.left !== undefined && file.size > limits.left) {
    finished(`It is larger than what may be put now (${size(limits.left)}).`, false);
    return;
  }
  request.open("PUT", `files/${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  request.upload.onprogress = event => {
    bar.value = event.loaded;
    facts.textContent = `${size(event.loaded)} of ${size(file.size)}`;
  };
  request.onload = () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      /* told below by its status */
    }
    if (request.status !== 201) {
      finished(`It was refused: ${answer.error || `status ${request.status}`}.`, false);
      return;
    }
    keep(answer.id, answer.owner_key);
    finished("Everybody in the room can fetch it now.", true);
    look();
  };
  request.onerror = () => finished("The connection broke off.", false);
  request.onabort = () => finished("Cancelled.", false);
  request.send(file);
}

function take(files) {
  for (const file of files) upload(file);
}

$("choose").addEventListener("change", event => {
  take(event.target.files);
  event.target.value = "";
});
for (const name of ["dragenter", "dragover"])
  $("drop").addEventListener(name, event => {
    event.preventDefault();
    $("drop").classList.add("over");
  });
$("drop").addEventListener("dragleave", event => {
  if (!$("drop").contains(event.relatedTarget)) $("drop").classList.remove("over");
});
$("drop").addEventListener("drop", event => {
  event.preventDefault();
  $("drop").classList.remove("over");
  take(event.dataTransfer.files);
});

/* Beside the place for it a file would open, and end the page. */
for (const name of ["dragover", "drop"]) window.addEventListener(name, event => event.preventDefault());

async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, PAUSE);
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
});
watch();
