// Puts what is alive in the place of what a cell showed.

const PLAYERS = { explorer: playFilm, question: askSealed, flight: playFlight };

async function enliven(place) {
  const data = await inflate(bytes(place.querySelector(":scope > script").textContent));
  place.replaceChildren();
  PLAYERS[place.dataset.alive](place, data);
}

async function enlivenPage() {
  for (const place of document.querySelectorAll("[data-alive]")) await enliven(place);
  document.documentElement.dataset.enlivened = "";
}

enlivenPage();
