// The same calls as calls.py makes, for Node and for the browser.
const PEOPLE = 20;
const AFTER = ["track", "page", "screen", "group", "alias", "identify"];

function* calls(of) {
  for (let n = 0; n < of; n++) {
    const person = n % PEOPLE, step = Math.floor(n / PEOPLE);
    const user = `user-${person}`, device = `anon-${person}`;
    if (step < 2) yield { n, kind: step ? "page" : "track", device };
    else if (step === 2) yield { n, kind: "identify", user, device };
    else yield { n, kind: AFTER[(step - 3) % AFTER.length], user };
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

if (typeof module !== "undefined") module.exports = { calls, pause };
