// Outlines what was found on a page, and tells the window around it what is pointed at.
// It runs in a frame of its own origin, before anything of the page is parsed: no element of the
// page can stand in the place of what is kept here. The messages are described in feeds/snapshot.py.
(() => {
  "use strict";
  const frame = window;
  const above = window.parent;
  const page = document;
  const listen = EventTarget.prototype.addEventListener;
  const post = (message) => above.postMessage({ ...message, tidings: true }, "*");
  const NUMBER = "data-n";
  const FOUND = "data-tidings";
  const HOVER = "data-tidings-at";
  const PARTS = ["title", "date", "link", "summary"];
  let current = null;

  const number = (element) => Number(element.getAttribute(NUMBER));
  const element = (n) =>
    Number.isInteger(n) ? page.querySelector(`[${NUMBER}="${n}"]`) : null;
  const words = (one) => (one.textContent || "").replace(/\s+/g, " ").trim().slice(0, 200);
  const pointable = (target) => {
    const start = target instanceof Element ? target : target && target.parentElement;
    return start ? start.closest(`body [${NUMBER}]`) : null;
  };

  const clear = (name) => {
    for (const one of page.querySelectorAll(`[${name}]`)) one.removeAttribute(name);
  };
  const name = (n, part) => {
    const one = element(n);
    if (!one) return;
    const parts = new Set((one.getAttribute(FOUND) || "").split(" ").filter(Boolean));
    one.setAttribute(FOUND, [...parts.add(part)].join(" "));
    return one;
  };

  const show = ({ items = [], marks = [] }) => {
    for (const one of page.querySelectorAll(`[${FOUND}~="item"]`)) one.removeAttribute("tabindex");
    clear(FOUND);
    for (const found of items) {
      for (const [place, n] of (found.item || []).entries()) {
        const one = name(n, "item");
        if (one && place === 0) one.tabIndex = 0;
      }
      for (const part of PARTS) name(found[part], part);
    }
    for (const { n, part } of marks) name(n, `marked-${part}`);
  };

  const at = (one) => {
    if (one === current) return;
    clear(HOVER);
    current = one;
    if (one) one.setAttribute(HOVER, "");
  };
  const tell = (one, how) => {
    const around = [];
    for (let each = one.parentElement; each; each = each.parentElement)
      if (each.hasAttribute(NUMBER)) around.push(number(each));
    const box = one.getBoundingClientRect();
    post({
      kind: "pointed", n: number(one), around, how, text: words(one), tag: one.localName,
      left: box.left, top: box.top, width: box.width, height: box.height,
    });
  };
  const go = (n) => {
    const one = element(n);
    if (!one) return;
    one.scrollIntoView({ block: "center", inline: "nearest" });
    at(one);
  };

  // With the keys: Tab from item to item, the arrows to what is inside, around, before and behind.
  const STEPS = {
    ArrowDown: (one) => one.nextElementSibling,
    ArrowUp: (one) => one.previousElementSibling,
    ArrowRight: (one) => one.firstElementChild,
    ArrowLeft: (one) => one.parentElement,
  };
  const step = (one, key) => {
    let next = STEPS[key](one);
    while (next && !(next.hasAttribute(NUMBER) && words(next))) next = STEPS[key](next);
    return next && next !== page.body && next !== page.documentElement ? next : null;
  };
  const keyed = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !event.isTrusted) return;
    const one = current || pointable(page.activeElement);
    if (!one) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      tell(one, "key");
    } else if (event.key in STEPS) {
      const next = step(one, event.key);
      if (!next) return;
      event.preventDefault();
      next.scrollIntoView({ block: "nearest" });
      at(next);
    }
  };

  const stop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  listen.call(frame, "click", (event) => {
    stop(event);
    const one = event.isTrusted ? pointable(event.target) : null;
    if (one) tell(one, "click");
  }, true);
  for (const kind of ["auxclick", "submit", "dragstart", "dblclick"])
    listen.call(frame, kind, stop, true);
  listen.call(frame, "pointerover", (event) => at(pointable(event.target)), true);
  listen.call(frame, "focusin", (event) => at(pointable(event.target)), true);
  listen.call(frame, "keydown", keyed, true);
  listen.call(frame, "message", (event) => {
    const said = event.data;
    if (event.source !== above || !said || said.tidings !== true) return;
    if (said.kind === "show") show(said);
    if (said.kind === "go") go(said.n);
  });
  listen.call(page, "DOMContentLoaded", () => post({ kind: "ready" }));
})();
