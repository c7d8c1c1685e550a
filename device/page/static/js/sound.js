// A beep when a picture is taken, however it was started; silence where the browser allows no sound.

const TAKEN_HZ = 880;
const REFUSED_HZ = 220;
const BEEP_S = 0.14;
const LOUD = 0.25;

let sound = null;

function context() {
  sound ??= new AudioContext();
  if (sound.state === "suspended") sound.resume().catch(() => {});
  return sound;
}

// A browser lets a page sound only after somebody touched it.
for (const touch of ["pointerdown", "keydown"]) {
  addEventListener(touch, () => { try { context(); } catch { /* no sound here */ } }, { once: true });
}

function beep(hertz) {
  try {
    const at = context();
    const tone = at.createOscillator();
    const level = at.createGain();
    tone.frequency.value = hertz;
    level.gain.setValueAtTime(LOUD, at.currentTime);
    level.gain.exponentialRampToValueAtTime(0.001, at.currentTime + BEEP_S);
    tone.connect(level).connect(at.destination);
    tone.start();
    tone.stop(at.currentTime + BEEP_S);
  } catch {
    /* the flash says it too */
  }
}

/** A picture is being taken. */
export function beepTaken() {
  beep(TAKEN_HZ);
}

/** A press did not count. */
export function beepRefused() {
  beep(REFUSED_HZ);
}
