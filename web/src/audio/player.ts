import { effect, signal } from "@preact/signals";
import { connectionId } from "../net/socket";
import { retryDelay } from "./retry";

/** `waiting`: wanted, but nothing comes now; it is tried again by itself. `blocked`: the browser wants a tap first. */
export type Playback = "stopped" | "connecting" | "playing" | "waiting" | "blocked";

/** What the player is tuned to. */
export interface Station {
  channelId: string;
  slug: string;
  name: string;
}

export interface NowPlaying {
  title: string;
  artist: string;
  artworkUrl?: string | undefined;
}

const VOLUME_KEY = "touchline.volume";
/** Longer than any gap that the server's burst should cover. */
const SILENT_MS = 8_000;

export const station = signal<Station | null>(null);
export const playback = signal<Playback>("stopped");
export const volume = signal(storedVolume());
export const muted = signal(false);

function storedVolume(): number {
  try {
    const stored = Number.parseFloat(localStorage.getItem(VOLUME_KEY) ?? "");
    return stored >= 0 && stored <= 1 ? stored : 1;
  } catch {
    return 1;
  }
}

let audio: HTMLAudioElement | null = null;
let attempt = 0;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let watchTimer: ReturnType<typeof setTimeout> | undefined;

function element(): HTMLAudioElement {
  if (audio !== null) return audio;
  const made = new Audio();
  made.preload = "none";
  made.addEventListener("playing", () => {
    if (!wanted()) return;
    attempt = 0;
    playback.value = "playing";
    watch();
  });
  made.addEventListener("timeupdate", watch);
  made.addEventListener("waiting", () => {
    if (playback.peek() === "playing") playback.value = "connecting";
  });
  for (const lost of ["error", "ended"]) made.addEventListener(lost, retryLater);
  made.addEventListener("pause", () => {
    // The system's own controls pause a live stream: that is a stop, since there is nothing to resume.
    if (wanted() && !made.ended && made.error === null && playback.peek() === "playing") stop();
  });
  effect(() => {
    made.volume = volume.value;
    made.muted = muted.value;
  });
  audio = made;
  return made;
}

function wanted(): boolean {
  return playback.peek() !== "stopped" && playback.peek() !== "blocked";
}

function watch(): void {
  clearTimeout(watchTimer);
  if (wanted()) watchTimer = setTimeout(retryLater, SILENT_MS);
}

function retryLater(): void {
  if (!wanted()) return;
  clearTimeout(watchTimer);
  clearTimeout(retryTimer);
  playback.value = "waiting";
  retryTimer = setTimeout(start, retryDelay(attempt));
  attempt += 1;
}

function start(): void {
  const tuned = station.peek();
  if (tuned === null) return;
  clearTimeout(retryTimer);
  const sound = element();
  if (playback.peek() !== "waiting") playback.value = "connecting";
  // A query of its own for each attempt: a cached or half-read response must never be played. With the page's
  // connection named, the server counts page and sound as one listener.
  const query = new URLSearchParams({ t: String(Date.now()) });
  const session = connectionId();
  if (session !== undefined) query.set("session", session);
  sound.src = `/listen/${encodeURIComponent(tuned.slug)}?${query}`;
  watch();
  sound.play().catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "NotAllowedError") {
      clearTimeout(watchTimer);
      playback.value = "blocked";
    } // An AbortError is a newer start or a stop; everything else arrives as the element's error event.
  });
}

/** Tune in; call it from a tap. */
export function play(to: Station): void {
  station.value = to;
  attempt = 0;
  playback.value = "connecting";
  start();
}

/** Silence. A live station is not paused: playing again starts at the live moment. */
export function stop(): void {
  clearTimeout(retryTimer);
  clearTimeout(watchTimer);
  playback.value = "stopped";
  if (audio === null) return;
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
}

/** Stop and take the player off the page. */
export function dismiss(): void {
  stop();
  station.value = null;
}

/** The show is over, as the server says: what is still in the buffer is not played on. */
export function fallSilent(): void {
  if (!wanted() || playback.peek() === "waiting") return;
  audio?.pause();
  audio?.removeAttribute("src");
  retryLater();
}

/** The station is known to be on air again: do not wait for the next attempt. */
export function wake(): void {
  if (playback.peek() !== "waiting") return;
  attempt = 0;
  start();
}

export function setVolume(value: number): void {
  volume.value = Math.min(1, Math.max(0, value));
  muted.value = false;
  try {
    localStorage.setItem(VOLUME_KEY, String(volume.value));
  } catch {
    // Without storage it lasts as long as the page.
  }
}

/** Say what is on to the system's own player controls. */
export function describe(now: NowPlaying): void {
  if (!("mediaSession" in navigator)) return;
  const artwork = now.artworkUrl === undefined ? [] : [{ src: now.artworkUrl }];
  navigator.mediaSession.metadata = new MediaMetadata({ title: now.title, artist: now.artist, artwork });
  navigator.mediaSession.setActionHandler("play", () => {
    const tuned = station.peek();
    if (tuned !== null) play(tuned);
  });
  for (const action of ["pause", "stop"] as const) navigator.mediaSession.setActionHandler(action, stop);
}

addEventListener("online", wake);
