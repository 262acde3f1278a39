// Watch a file go up. Without this the form is sent as any other.
const form = document.querySelector('[data-upload]');

function show(share, words) {
  const box = form.querySelector('[data-progress]');
  box.hidden = false;
  box.querySelector('rect').setAttribute('width', `${share}%`);
  box.querySelector('[role=progressbar]').setAttribute('aria-valuenow', String(Math.round(share)));
  box.querySelector('[data-progress-words]').textContent = words;
}

function refuse(piece) {
  form.querySelector('[data-progress]').hidden = true;
  form.querySelector('[data-problem]').replaceChildren(piece);
  for (const button of form.querySelectorAll('button')) button.disabled = false;
}

function note(text) {
  const box = document.createElement('div');
  box.className = 'zy-note bad';
  box.textContent = text;
  return box;
}

function size(bytes) {
  return `${(bytes / 1048576).toFixed(1)} MB`;
}

function send() {
  const request = new XMLHttpRequest();
  request.open('POST', form.action || location.href);
  request.upload.addEventListener('progress', (event) => {
    if (!event.lengthComputable) return;
    const share = (100 * event.loaded) / event.total;
    show(share, share < 100 ? `${size(event.loaded)} / ${size(event.total)}` : form.dataset.waiting);
  });
  request.addEventListener('load', () => {
    const page = new DOMParser().parseFromString(request.responseText, 'text/html');
    const problem = page.querySelector('[data-problem] > *');
    if (request.status < 400) location.href = request.responseURL;
    else refuse(problem ?? note(page.querySelector('h1')?.textContent ?? form.dataset.broken));
  });
  request.addEventListener('error', () => refuse(note(form.dataset.broken)));
  for (const button of form.querySelectorAll('button')) button.disabled = true;
  form.querySelector('[data-problem]').replaceChildren();
  request.send(new FormData(form));
}

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
