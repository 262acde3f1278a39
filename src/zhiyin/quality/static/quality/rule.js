// Shows the inputs that the chosen kind of rule needs; without this script all of them stand there.
const form = document.querySelector('[data-quality-rule]');
const kind = form?.querySelector('[name="kind"]');

function show() {
  for (const part of form.querySelectorAll('[data-for]')) {
    part.hidden = !part.dataset.for.split(' ').includes(kind.value);
  }
}

if (kind) {
  kind.addEventListener('change', show);
  show();
}
