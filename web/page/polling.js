// Asking again and again while a view is open and its tab is seen.

const kEveryMs = 5000;

// work(signal) once at once, then every five seconds; failed(error) after each that failed. Answers how to stop.
export function poll(work, failed) {
  const abort = new AbortController();
  let timer;
  const once = async () => {
    try {
      if (!document.hidden) await work(abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return;
      failed(error);
    }
    if (!abort.signal.aborted) timer = setTimeout(once, kEveryMs);
  };
  once();
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}
