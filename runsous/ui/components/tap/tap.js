// Tapping along: the tempo is measured where the taps happen, on the browser's steady clock.

const FEWEST_TAPS = 4;
const MOST_TAPS = 48;
const BOUNCE_MS = 150; // nothing that is a tempo is tapped this fast
const PAUSE_MS = 3200; // a longer one begins anew; a single missed beat does not
const [SLOWEST, FASTEST] = [40, 250];
const OFF = 0.25; // an interval further off the usual one than this share was no beat

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

// Beats per minute of the taps at these times, and ± how many (95 %): a missed tap counts as the
// beats it spans, and what is no beat at all is left out.
function measured(times) {
  const intervals = times.slice(1).map((time, i) => time - times[i]);
  const usual = median(intervals);
  const beats = intervals
    .map((ms) => ms / Math.max(1, Math.round(ms / usual)))
    .filter((ms) => Math.abs(ms - usual) <= OFF * usual);
  if (beats.length < FEWEST_TAPS - 1) return null;
  const mean = beats.reduce((sum, ms) => sum + ms, 0) / beats.length;
  const spread = beats.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (beats.length - 1);
  const bpm = 60000 / mean;
  return { bpm, within: (bpm * 2 * Math.sqrt(spread / beats.length)) / mean };
}

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const find = (name) => parentElement.querySelector(`.${name}`);
  const [pad, big, small, take, again] = ["pad", "big", "small", "take", "again"].map(find);
  let times = [];
  let isTold = false;

  function show() {
    const found = times.length >= FEWEST_TAPS ? measured(times) : null;
    const isTempo = found && found.bpm >= SLOWEST && found.bpm <= FASTEST;
    const left = FEWEST_TAPS - times.length;
    big.textContent = isTempo ? String(Math.round(found.bpm)) : "Tap";
    if (isTempo) small.textContent = `BPM ± ${Math.max(1, Math.round(found.within))}`;
    else if (!times.length) small.textContent = "along with the song, here or with the space bar";
    else small.textContent = left > 0 ? `${left} more` : "more evenly";
    take.disabled = !isTempo;
    take.textContent = isTempo ? `Use ${Math.round(found.bpm)} BPM` : "Use this tempo";
    take.value = isTempo ? found.bpm.toFixed(1) : "";
    again.disabled = !times.length;
  }

  function tap(event) {
    // When it happened, on the clock of performance.now(): however busy the page was since.
    const now = event.timeStamp;
    const since = now - times[times.length - 1];
    if (since < BOUNCE_MS) return;
    if (since > PAUSE_MS) times = [];
    times = [...times, now].slice(-MOST_TAPS);
    pad.classList.remove("beat");
    void pad.offsetWidth; // lets the animation begin anew
    pad.classList.add("beat");
    show();
  }

  // Pressing counts, not letting go; a click that nothing was pressed for comes from a reader.
  pad.onpointerdown = (event) => {
    if (event.button) return;
    isTold = true;
    tap(event);
  };
  pad.onkeydown = (event) => {
    if ((event.key !== " " && event.key !== "Enter") || event.repeat) return;
    isTold = true;
    tap(event);
  };
  pad.onclick = (event) => {
    if (!isTold) tap(event);
    isTold = false;
  };
  take.onclick = () => setTriggerValue("accepted", Number(take.value));
  again.onclick = () => {
    times = [];
    show();
    pad.focus();
  };
  show();
}
