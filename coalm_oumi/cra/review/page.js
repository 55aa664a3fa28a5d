"use strict";

// All texts from dialogues and catalogues are put into the page as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const place = "coalm-review:" + data.review;
const letters = "ABCD";
const names = data.dialogues.map((dialogue) => dialogue.id);

// Without a prototype: a dialogue may have any name.
const noScores = () => Object.create(null);
let state = { reviewer: "", at: 0, scores: noScores() };
let kept = true;

function element(kind, text, className) {
  const made = document.createElement(kind);
  if (text !== undefined) made.textContent = visible(text);
  if (className) made.className = className;
  return made;
}

// Characters that cannot be seen, or turn the writing direction, are written out.
function visible(text) {
  return String(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (sign) => "\\u" + sign.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

function scoreOf(name) {
  return Object.hasOwn(state.scores, name) ? state.scores[name] : null;
}

// What a score still lacks; nothing if it is complete.
function lacking(score) {
  if (!score) return "no score yet";
  if (score.score === 1) return "";
  const lacks = [];
  if (!data.classes.some((known) => known.key === score.class)) lacks.push("a class");
  if (!score.feedback.trim()) lacks.push("feedback");
  return lacks.length ? "an error needs " + lacks.join(" and ") : "";
}

function complete(name) {
  return lacking(scoreOf(name)) === "";
}

function remember() {
  try {
    localStorage.setItem(place, JSON.stringify(state));
    kept = true;
  } catch {
    if (kept) tell("This browser keeps nothing for the page: save to a file often.");
    kept = false;
  }
}

// Takes only what has the form of a score for a dialogue of this page.
function taken(found) {
  const scores = noScores();
  for (const name of names) {
    const score = found && Object.hasOwn(found, name) ? found[name] : null;
    if (!score || (score.score !== 0 && score.score !== 1)) continue;
    scores[name] = {
      score: score.score,
      class: typeof score.class === "string" ? score.class : "",
      feedback: typeof score.feedback === "string" ? score.feedback : "",
    };
  }
  return scores;
}

function recall() {
  let found = null;
  try {
    found = JSON.parse(localStorage.getItem(place));
  } catch {
    found = null;
  }
  if (!found || typeof found !== "object") return;
  state.scores = taken(found.scores);
  if (typeof found.reviewer === "string") state.reviewer = found.reviewer;
  if (Number.isInteger(found.at) && found.at >= 0 && found.at < names.length) state.at = found.at;
}

function tell(text, note) {
  const message = byId("message");
  message.textContent = text;
  message.className = note ? "note" : "";
  message.hidden = !text;
}

function lineOf([role, text]) {
  const known = role.replace(/\d$/, "");
  const kinds = { APIName: "Action", APIResult: "Observation" };
  const kind = kinds[known] || known;
  const shown = ["User", "Thought", "Action", "Observation", "System"].includes(kind);
  const row = element("div", undefined, "row " + (shown ? kind : "Other"));
  row.append(element("b", role || "?"));
  row.append(element(kind === "Action" || kind === "Observation" ? "pre" : "p", text));
  return row;
}

function functionBox(found) {
  const box = element("div", undefined, "function");
  box.append(element("h3", found.name));
  if (found.description) {
    box.append(element("p", found.description + (found.changes ? " (changes something)" : "")));
  }
  const list = element("dl");
  for (const argument of found.arguments) {
    const term = element("dt");
    term.append(element("b", argument.name, argument.required ? "required" : ""));
    const about = element("dd");
    if (argument.type) about.append(element("i", argument.type), " ");
    about.append(element("span", argument.description || ""));
    if (argument.choices) about.append(element("div", argument.choices.join(" | ")));
    list.append(term, about);
  }
  box.append(list);
  return box;
}

function unknownBox(name) {
  const box = element("div", undefined, "function unknown");
  box.append(element("h3", name), element("p", "not among the functions known here"));
  return box;
}

function showFunctions(dialogue) {
  const called = byId("called");
  called.replaceChildren();
  for (const name of dialogue.called) {
    const found = data.functions.filter((one) => one.name === name);
    if (found.length) called.append(...found.map(functionBox));
    else called.append(unknownBox(name));
  }
  if (!dialogue.called.length) called.append(element("p", "This dialogue calls nothing."));
}

function showOthers() {
  const wanted = byId("filter").value.trim().toLowerCase();
  const fits = (one) => [one.name, ...one.arguments.map((a) => a.name)]
    .some((name) => name.toLowerCase().includes(wanted));
  byId("others").replaceChildren(...data.functions.filter(fits).map(functionBox));
}

function showScore() {
  const score = scoreOf(names[state.at]);
  byId("correct").setAttribute("aria-checked", String(Boolean(score && score.score === 1)));
  byId("error").setAttribute("aria-checked", String(Boolean(score && score.score === 0)));
  byId("why").hidden = !(score && score.score === 0);
  for (const button of byId("classes").children) {
    button.setAttribute("aria-checked", String(Boolean(score && score.class === button.dataset.key)));
  }
  if (document.activeElement !== byId("feedback")) {
    byId("feedback").value = score ? score.feedback : "";
  }
  byId("missing").textContent = score ? lacking(score) : "";
  const finished = names.filter(complete);
  const errors = finished.filter((name) => scoreOf(name).score === 0);
  byId("count").textContent = finished.length + " of " + names.length + " scored, " + errors.length + " with an error";
  byId("done").style.width = (100 * finished.length) / names.length + "%";
  [...byId("strip").children].forEach((button, number) => {
    const one = scoreOf(names[number]);
    button.className = !one ? "" : lacking(one) ? "draft" : one.score === 1 ? "good" : "bad";
    if (number === state.at) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

function show() {
  const dialogue = data.dialogues[state.at];
  byId("position").textContent = "Dialogue " + (state.at + 1) + " of " + names.length;
  byId("name").textContent = visible(dialogue.id);
  byId("lines").replaceChildren(...dialogue.lines.map(lineOf));
  byId("feedback").blur();
  showFunctions(dialogue);
  showScore();
  byId("dialogue").scrollTop = 0;
  byId("schema").scrollTop = 0;
  byId("strip").children[state.at].scrollIntoView({ block: "nearest" });
  byId("dialogue").focus({ preventScroll: true });
}

function go(number) {
  if (number < 0 || number >= names.length) return;
  tell("");
  state.at = number;
  remember();
  show();
}

function goToUnscored() {
  for (let step = 1; step <= names.length; step += 1) {
    const number = (state.at + step) % names.length;
    if (!complete(names[number])) return go(number);
  }
  return tell("Every dialogue has its score. Save them to a file.", true);
}

function setScore(value) {
  const before = scoreOf(names[state.at]) || { class: "", feedback: "" };
  state.scores[names[state.at]] = { ...before, score: value };
  remember();
  showScore();
}

function setClass(key) {
  const before = scoreOf(names[state.at]);
  if (!before || before.score !== 0) return;
  before.class = key;
  remember();
  showScore();
}

function takeBack() {
  delete state.scores[names[state.at]];
  byId("feedback").value = "";
  remember();
  showScore();
}

function save() {
  if (!state.reviewer.trim()) {
    tell("Write your name first: the file says who has reviewed.");
    byId("reviewer").focus();
    return;
  }
  const scores = noScores();
  for (const name of names.filter(complete)) {
    const { score, class: kind, feedback } = scoreOf(name);
    scores[name] = score === 1 ? { score } : { score, class: kind, feedback: feedback.trim() };
  }
  const drafts = Object.keys(state.scores).length - Object.keys(scores).length;
  const saved = {
    format: data.format,
    review: data.review,
    title: data.title,
    reviewer: state.reviewer.trim(),
    dialogues: names.length,
    scores,
  };
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(saved, null, 1) + "\n"], { type: "application/json" }),
  );
  const link = element("a");
  link.href = url;
  link.download = "review-" + data.review + "-" + saved.reviewer.replace(/[^\p{L}\p{N}]+/gu, "-") + ".json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  const left = drafts ? "; left out: " + drafts + " without class or feedback" : "";
  tell("Saved " + Object.keys(scores).length + " of " + names.length + " scores" + left + ".", true);
}

async function load(file) {
  let found = null;
  try {
    found = JSON.parse(await file.text());
  } catch {
    found = null;
  }
  if (!found || found.format !== data.format) return tell("This file is no saved review.");
  if (found.review !== data.review) return tell("This file is of another review: its dialogues are others.");
  const scores = taken(found.scores);
  state.scores = Object.assign(noScores(), state.scores, scores);
  if (typeof found.reviewer === "string" && found.reviewer) state.reviewer = found.reviewer;
  byId("reviewer").value = state.reviewer;
  remember();
  show();
  return tell("Loaded " + Object.keys(scores).length + " scores.", true);
}

const keys = {
  1: () => setScore(1),
  0: () => { setScore(0); },
  f: () => byId("feedback").focus(),
  n: goToUnscored,
  enter: goToUnscored,
  k: () => go(state.at + 1),
  arrowright: () => go(state.at + 1),
  j: () => go(state.at - 1),
  arrowleft: () => go(state.at - 1),
  s: save,
  o: () => byId("file").click(),
  u: takeBack,
  "?": () => byId("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea");
  if (byId("keys").open) return;
  if (typing) {
    if (event.key === "Escape") byId("dialogue").focus();
    if (event.key === "Enter" && event.ctrlKey && event.target.id === "feedback") {
      event.preventDefault();
      goToUnscored();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  // Enter and space on a button press the button.
  if (key === "enter" && event.target.closest("button, summary")) return;
  const letter = letters.toLowerCase().indexOf(key);
  if (key.length === 1 && letter >= 0) {
    event.preventDefault();
    setClass(data.classes[letter].key);
  } else if (Object.hasOwn(keys, key)) {
    event.preventDefault();
    keys[key]();
  }
});

function begin() {
  data.dialogues.forEach((dialogue, number) => {
    const button = element("button", String(number + 1));
    button.type = "button";
    button.title = visible(dialogue.id);
    button.addEventListener("click", () => go(number));
    byId("strip").append(button);
  });
  data.classes.forEach((one, number) => {
    const button = element("button");
    button.type = "button";
    button.title = one.about;
    button.dataset.key = one.key;
    button.setAttribute("role", "radio");
    button.append(element("kbd", letters[number]), " " + one.title);
    button.addEventListener("click", () => setClass(one.key));
    byId("classes").append(button);
  });
  byId("number").textContent = String(data.functions.length);
  byId("correct").addEventListener("click", () => setScore(1));
  byId("error").addEventListener("click", () => setScore(0));
  byId("back").addEventListener("click", () => go(state.at - 1));
  byId("next").addEventListener("click", () => go(state.at + 1));
  byId("unscored").addEventListener("click", goToUnscored);
  byId("save").addEventListener("click", save);
  byId("load").addEventListener("click", () => byId("file").click());
  byId("help").addEventListener("click", () => byId("keys").showModal());
  byId("close").addEventListener("click", () => byId("keys").close());
  byId("filter").addEventListener("input", showOthers);
  byId("file").addEventListener("change", (event) => {
    if (event.target.files.length) load(event.target.files[0]);
    event.target.value = "";
  });
  byId("feedback").addEventListener("input", (event) => {
    const score = scoreOf(names[state.at]);
    if (!score) return;
    score.feedback = event.target.value;
    remember();
    showScore();
  });
  byId("reviewer").addEventListener("input", (event) => {
    state.reviewer = event.target.value;
    remember();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!kept && Object.keys(state.scores).length) event.preventDefault();
  });
  recall();
  byId("reviewer").value = state.reviewer;
  showOthers();
  show();
}

begin();
