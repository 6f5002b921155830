// A form whose text is looked at while it is typed: <form data-preview="ID of its button">.
// Without scripts the button does the same.
for (const form of document.querySelectorAll("[data-preview]")) {
  const look = document.getElementById(form.dataset.preview);
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => look && form.requestSubmit(look), 800);
  });
}
