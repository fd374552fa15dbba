// The list of contents shows where one is. The search is a box in the page's head; its index is loaded when it is first
// used, as a script, so that the site works from a disk too. Without JavaScript there is no box, and nothing else is missing.
(() => {
  const contents = document.getElementById("contents");
  const here = contents.querySelector("[aria-current]");
  if (here !== null) contents.scrollTop = here.offsetTop - contents.clientHeight / 3;

  const place = document.getElementById("search");
  const root = document.currentScript.dataset.root;
  const SHOWN_MAX = 12;

  const input = element("input", {
    type: "search",
    id: "search-box",
    placeholder: "Search",
    autocomplete: "off",
    spellcheck: "false",
    role: "combobox",
    "aria-label": "Search the documentation",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "search-results",
    "aria-keyshortcuts": "/",
  });
  const list = element("ul", { id: "search-results", role: "listbox", "aria-label": "Results", hidden: "" });
  const told = element("p", { class: "told", role: "status" });
  place.append(input, list, told);
  place.hidden = false;

  let index;
  let loading;
  let chosen = -1;

  function element(name, attributes) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = element("script", { src: `${root}search-index.js` });
      script.addEventListener("load", () => {
        index = globalThis.aranyaEdgeIndex;
        for (const entry of index.entries)
          entry.push(entry[2].toLowerCase(), entry[3].split(" "), ` ${entry[4]}`);
        resolve();
      });
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    return loading;
  }

  // As in search-index.ts.
  function fold(name) {
    return name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, "")
      .replace(/^aranyaedge(?=.)/, "");
  }

  /** How well an entry fits one word; 0 for not at all. */
  function fit([, anchor, , , , title, names, words], word, name) {
    const bonus = anchor === "" ? 1.2 : 1;
    if (name !== "" && names.includes(name)) return 100 * bonus;
    if (name.length > 2 && names.some((other) => other.startsWith(name))) return 40 * bonus;
    if (title.startsWith(word)) return 30 * bonus;
    if (title.includes(` ${word}`)) return 20 * bonus;
    if (words.includes(` ${word} `)) return 6;
    if (words.includes(` ${word}`)) return 4;
    if (name.length > 3 && names.some((other) => other.includes(name))) return 10;
    return 0;
  }

  function search(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const whole = fold(text);
    const found = [];
    for (const [i, entry] of index.entries.entries()) {
      let score = entry[6].includes(whole) ? 120 : 0;
      let fits = true;
      for (const word of words) {
        const points = fit(entry, word, fold(word));
        if (points === 0) fits = false;
        score += points;
      }
      if (fits || score >= 120) found.push([score, i]);
    }
    found.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    return found.map(([, i]) => index.entries[i]);
  }

  function show(entries, count) {
    chosen = -1;
    list.replaceChildren(
      ...entries.map(([page, anchor, title], i) => {
        const [url, pageTitle] = index.pages[page];
        const option = element("li", { role: "option", id: `result-${i}`, "aria-selected": "false" });
        const link = element("a", {
          href: `${root}${url}${anchor === "" ? "" : `#${anchor}`}`,
          tabindex: "-1",
        });
        const name = element("strong", {});
        name.textContent = title;
        link.append(name);
        if (anchor !== "") {
          const where = element("span", {});
          where.textContent = pageTitle;
          link.append(" ", where);
        }
        option.append(link);
        return option;
      }),
    );
    const isOpen = input.value.trim() !== "";
    list.hidden = entries.length === 0;
    input.setAttribute("aria-expanded", String(entries.length > 0));
    input.removeAttribute("aria-activedescendant");
    told.classList.toggle("nothing", isOpen && entries.length === 0);
    told.textContent = !isOpen
      ? ""
      : count === 0
        ? "Nothing found"
        : `${count} found${count > entries.length ? `, ${entries.length} shown` : ""}`;
  }

  async function update() {
    const text = input.value.trim();
    try {
      if (text !== "") await load();
    } catch {
      told.textContent = "The search index cannot be loaded";
      return;
    }
    if (text !== input.value.trim()) return;
    const found = text === "" ? [] : search(text);
    show(found.slice(0, SHOWN_MAX), found.length);
  }

  function choose(next) {
    const options = [...list.children];
    if (options.length === 0) return;
    chosen = (next + options.length) % options.length;
    for (const [i, option] of options.entries()) option.setAttribute("aria-selected", String(i === chosen));
    options[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `result-${chosen}`);
  }

  function close() {
    list.hidden = true;
    told.textContent = "";
    told.classList.remove("nothing");
    input.setAttribute("aria-expanded", "false");
  }

  async function open() {
    await update();
    const link = list.children[Math.max(chosen, 0)]?.querySelector("a");
    if (link === null || link === undefined) return;
    close();
    location.assign(link.href);
  }

  input.addEventListener("focus", () => void load().then(update, update));
  input.addEventListener("input", () => void update());
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter") void open();
    else if (event.key === "Escape") {
      input.value = "";
      close();
    } else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, [contenteditable]")) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  document.addEventListener("click", (event) => {
    if (!place.contains(event.target) || event.target.closest("li")) close();
  });
})();
