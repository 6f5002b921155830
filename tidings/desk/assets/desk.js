// Parts of a page that change by themselves: <section data-live="/desk/part" data-every="3">.
// Without scripts the page shows how it was when it was loaded.
for (const part of document.querySelectorAll("[data-live]")) {
  const every = Number(part.dataset.every || 5) * 1000;
  let shown = "";
  const renew = async () => {
    if (document.hidden || part.contains(document.activeElement)) return;
    try {
      const answer = await fetch(part.dataset.live, { redirect: "error" });
      if (!answer.ok) return;
      const text = await answer.text();
      // What says the same is not put there again: a screen reader would read it again.
      if (text !== shown) part.innerHTML = shown = text;
    } catch {
      // The next time may do better.
    }
  };
  setInterval(renew, every);
}
// A button that asks first: <button data-ask="Forget it for good?">.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-ask]");
  if (button && !confirm(button.dataset.ask)) event.preventDefault();
});
