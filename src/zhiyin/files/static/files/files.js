// Files: dropped or chosen, uploaded one by one with their progress. Without this, the form works.
document.documentElement.classList.add('scripted');

const form = () => document.querySelector('form[data-files]');
let queue = Promise.resolve();

function line(file, words) {
  const item = document.createElement('li');
  const name = Object.assign(document.createElement('span'), { className: 'cut', textContent: file.name });
  const state = Object.assign(document.createElement('span'), { className: 'meta', textContent: '0%' });
  const cancel = Object.assign(document.createElement('button'), { type: 'button', className: 'btn-ico', textContent: '×' });
  cancel.setAttribute('aria-label', `${words.cancel} ${file.name}`);
  const bar = Object.assign(document.createElement('progress'), { max: 100, value: 0 });
  bar.setAttribute('aria-label', file.name);
  item.append(name, state, cancel, bar);
  return { item, state, cancel, bar };
}

function fail(shown, words) {
  shown.state.textContent = words;
  shown.state.classList.add('failed');
  shown.bar.remove();
  shown.cancel.onclick = () => shown.item.remove();
}

function replace(html) {
  const kept = [...document.querySelectorAll('[data-uploads] > li')];
  const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById('files');
  if (!fresh) return;
  document.getElementById('files').replaceWith(fresh);
  fresh.querySelector('[data-uploads]')?.append(...kept);
  window.htmx?.process(fresh);
}

function upload(file, shown, address, words) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append('file', file, file.name);
    request.open('POST', address);
    request.setRequestHeader('HX-Request', 'true');
    request.setRequestHeader('HX-Current-URL', location.href);
    request.setRequestHeader('X-CSRFToken', document.body.dataset.csrf ?? '');
    request.upload.onprogress = (event) => {
      const share = event.lengthComputable ? Math.round((event.loaded / event.total) * 100) : 0;
      shown.bar.value = share;
      shown.state.textContent = `${share}%`;
    };
    shown.cancel.onclick = () => { request.abort(); shown.item.remove(); };
    request.onerror = () => fail(shown, words.broken);
    request.onload = () => {
      const elsewhere = request.getResponseHeader('HX-Redirect');
      if (elsewhere) location.href = elsewhere;
      else if (request.status === 200) { shown.item.remove(); replace(request.responseText); }
      else if (request.getResponseHeader('Content-Type')?.startsWith('text/plain')) fail(shown, request.responseText.trim());
      else fail(shown, words.broken);
    };
    request.onloadend = done;
    request.send(body);
  });
}

function take(files) {
  const { action, dataset: words } = form();
  for (const file of files) {
    const shown = line(file, words);
    document.querySelector('[data-uploads]').append(shown.item);
    if (file.size > Number(words.most)) { fail(shown, words.tooLarge); continue; }
    let dropped = false;
    shown.cancel.onclick = () => { dropped = true; shown.item.remove(); };
    queue = queue.then(() => (dropped ? null : upload(file, shown, action, words)));
  }
}

document.addEventListener('change', (event) => {
  if (!event.target.matches('form[data-files] input[type=file]')) return;
  take([...event.target.files]);
  event.target.value = '';
});

for (const name of ['dragenter', 'dragover']) {
  document.addEventListener(name, (event) => {
    if (!form() || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    form().querySelector('.zy-filedrop').classList.add('over');
  });
}
for (const name of ['dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    if (!form() || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    if (name === 'drop' || !event.relatedTarget) form().querySelector('.zy-filedrop').classList.remove('over');
    if (name === 'drop') take([...event.dataTransfer.files]);
  });
}
