// A new bulletin by pointing: what is clicked in the picture is asked of the server, and the part
// of the page that says what was found comes back. Without scripts the same forms lead to pages.
(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // --- buttons that take a while -----------------------------------------------------------------
  document.addEventListener("submit", (event) => {
    const button = event.submitter || one("button", event.target);
    if (event.defaultPrevented || !button || !button.dataset.busy) return;
    const said = one("[data-busy-said]");
    if (said) said.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
    button.dataset.words = button.textContent;
    button.textContent = button.dataset.busy;
    // Only after the form has taken its fields.
    setTimeout(() => { button.disabled = true; });
  });
  window.addEventListener("pageshow", () => {
    for (const button of all("button[aria-busy]")) {
      button.disabled = false;
      button.removeAttribute("aria-busy");
      button.textContent = button.dataset.words;
    }
  });
  for (const field of all("[data-zone]"))
    field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

  const bench = one("[data-draft]");
  if (!bench) return;
  const base = bench.dataset.draft;
  const result = one("[data-result]");
  const told = one("[data-told]");
  const tools = one("[data-tools]");
  const plain = one("[data-plain]");
  let picture = one("[data-picture]");
  let isBusy = false;
  let isLeaving = false;

  // --- the picture ---------------------------------------------------------------------------------
  const say = (message) => {
    // Its origin is opaque, so there is none to name; what is said there is no secret to it.
    if (picture) picture.contentWindow.postMessage({ ...message, tidings: true }, "*");
  };
  const show = () => {
    const shown = one("[data-show]", result);
    if (shown) say({ kind: "show", ...JSON.parse(shown.dataset.show) });
    for (const button of all("[data-go]", result)) button.hidden = !picture;
  };
  window.addEventListener("message", (event) => {
    const said = event.data;
    if (!picture || event.source !== picture.contentWindow) return;
    if (!said || typeof said !== "object" || said.tidings !== true) return;
    if (said.kind === "ready") show();
    else if (said.kind === "pointed" && Number.isInteger(said.n) && said.n >= 0) {
      const chosen = one("input[name=part]:checked", tools);
      send(`${base}/point`, new URLSearchParams({ form: mark(), n: said.n, part: chosen.value }));
    }
  });
  const mark = () => one("input[name=form]", result).value;

  // --- asking ----------------------------------------------------------------------------------------
  const problem = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const found = page.querySelector(".problems") || page.querySelector("main p");
    return found ? found.textContent.trim() : "That did not work; load the page anew.";
  };
  const tell = (text, isWrong) => {
    told.textContent = text;
    if (!isWrong) return;
    const line = document.createElement("p");
    line.className = "problems";
    line.textContent = text;
    for (const old of all("[data-said]", result)) old.remove();
    one("[data-show]", result).prepend(line);
    line.dataset.said = "";
  };
  const put = (html) => {
    const inside = result.contains(document.activeElement);
    const list = one(".found", result);
    const place = list ? list.scrollTop : 0;
    const open = new Map(all("details[data-name]", result).map((d) => [d.dataset.name, d.open]));
    result.innerHTML = html;
    for (const details of all("details[data-name]", result))
      if (open.has(details.dataset.name)) details.open = open.get(details.dataset.name);
    const said = one("[data-said]", result);
    const count = one("h2", result);
    told.textContent = `${count ? count.textContent : ""}. ${said ? said.textContent : ""}`;
    // Where the list stands below the picture, a click would else seem to do nothing.
    const quick = one("[data-quick]");
    if (quick) {
      const line = said && one("p", said);
      quick.textContent = line ? line.textContent : count.textContent;
      quick.hidden = false;
    }
    const next = one(".found", result);
    if (next) next.scrollTop = place;
    if (inside) result.focus({ preventScroll: true });
    show();
    // A new frame leaves no step in the history of the browser.
    for (const frame of all("[data-preview]")) frame.replaceWith(frame.cloneNode(true));
  };
  const send = async (address, body) => {
    if (isBusy) return;
    isBusy = true;
    bench.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { "Tidings-Part": "1" } });
      const text = await answer.text();
      if (isLeaving) return;
      if (answer.redirected || answer.status === 401) location.reload();
      else if (answer.ok) put(text);
      else tell(problem(text), true);
    } catch {
      tell("The service does not answer; try again in a moment.", true);
    } finally {
      isBusy = false;
      bench.removeAttribute("aria-busy");
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-part]")) {
      isLeaving = true;
      return;
    }
    event.preventDefault();
    const own = event.submitter && event.submitter.hasAttribute("formaction");
    const address = own ? event.submitter.formAction : form.action;
    send(address, new URLSearchParams(new FormData(form, event.submitter)));
  });
  document.addEventListener("click", (event) => {
    const go = event.target.closest("[data-go]");
    if (go) say({ kind: "go", n: Number(go.dataset.go) });
  });
  if (plain && picture)
    plain.addEventListener("click", (event) => {
      event.preventDefault();
      const isPlain = picture.src.endsWith("?styles=none");
      const next = picture.cloneNode();
      next.src = isPlain ? `${base}/picture` : `${base}/picture?styles=none`;
      picture.replaceWith(next);
      picture = next;
      plain.textContent = isPlain ? "Show it without its styles" : "Show it with its styles";
    });

  // --- the form ----------------------------------------------------------------------------------------
  const saving = one("form.saving");
  if (saving) {
    const slug = one("#slug", saving);
    const title = one("#title", saving);
    let isOwn = false;
    let waiting = 0;
    const ask = (query) => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => {
        try {
          const answer = await fetch(`/desk/new/name?${new URLSearchParams(query)}`);
          if (!answer.ok) return;
          const found = await answer.json();
          if (query.title && !isOwn) slug.value = found.slug;
          named();
          if (slug.value !== found.slug) return;
          one("#slug-problem").textContent = found.problem;
          if (found.problem) slug.setAttribute("aria-invalid", "true");
          else slug.removeAttribute("aria-invalid");
        } catch {
          // Saving says it as well.
        }
      }, 200);
    };
    const named = () => { one("[data-slug]").textContent = slug.value; };
    slug.addEventListener("input", () => {
      isOwn = true;
      named();
      ask({ slug: slug.value });
    });
    title.addEventListener("input", () => { if (!isOwn && title.value) ask({ title: title.value }); });
    for (const field of all("#title, #language, #time_zone", saving))
      field.addEventListener("change", () => {
        if (saving.checkValidity()) send(`${base}/form`, new URLSearchParams(new FormData(saving)));
      });
  }

  // --- what only works with scripts ---------------------------------------------------------------------
  if (tools && picture) tools.hidden = false;
  for (const button of all("[data-without-script]")) button.hidden = true;
  // It may have been ready before anybody listened.
  show();
})();
