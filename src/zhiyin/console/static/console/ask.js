// Asks the server for a piece of a page; whoever was signed out meanwhile is taken to the sign-in.
export async function ask(url, signal) {
  const answer = await fetch(url, { signal, headers: { 'HX-Request': 'true', 'HX-Current-URL': location.href } });
  const elsewhere = answer.headers.get('HX-Redirect');
  if (elsewhere) location.href = elsewhere;
  return answer.text();
}
