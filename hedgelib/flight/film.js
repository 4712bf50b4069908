// Plays the flights of pilots without a kernel, from screens that were made before.

function playFlight(el, film) {
  let days = null, at = 0, answers = {};
  const screen = (happened) => {
    const { screen } = days[at], answer = answers[screen.day];
    return { ...screen, ...(happened && { happened }),
      ...(answer && { question: days[at].answers[answer] }) };
  };
  const answered = ({ view, serial, act, days: asked = 1, pilot, answer }) => {
    let happened;
    if (act === "again") days = null;
    else if (act === "takeoff") [days, at, answers] = [film.days[pilot], 0, {}];
    else if (act === "answer") answers[days[at].screen.day] = answer;
    else if (act === "days") {
      happened = [];
      do happened.push(...days[++at].screen.happened);
      while (--asked && !days[at].stops && at < days.length - 1);
    }
    return { screen: { ...(days ? screen(happened) : film.first), view, serial } };
  };
  flight({ model: pageModel({ spec: film.spec, screen: film.first }, answered), el });
}
