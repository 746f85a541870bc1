// Watches a paper being made and loads the page anew when it is done. Without this script the page refreshes itself.
const bar = document.getElementById("report-progress");
const status = document.getElementById("report-status");
const INTERVAL = 2000;

async function look() {
  try {
    const response = await fetch(bar.dataset.url, { credentials: "same-origin", redirect: "error" });
    if (response.ok) {
      const answer = await response.json();
      if (answer.done) {
        location.reload();
        return;
      }
      bar.value = answer.progress;
      if (status.textContent !== answer.status) status.textContent = answer.status;
    }
  } catch {
    // The server is away or the session ran out: the next look, or the officer's reload, tells.
  }
  setTimeout(look, INTERVAL);
}

setTimeout(look, INTERVAL);
