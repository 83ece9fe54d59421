// The plot of the last five minutes, second by second.
import * as api from './api.js';
import {LiveHistory} from './series.js';

const kEveryMs = 1000;
const kWhenGoneMs = 5000;

export class LivePlot {
  // onError(ApiError): of each request that failed; the plot keeps asking unless there is no collector.
  constructor(plot, onError) {
    this.plot = plot;
    this.onError = onError;
    this.timer = null;
    this.history = new LiveHistory();
  }

  start(measure) {
    this.measure = measure;
    if (this.abort) {
      if (this.history.now) this.draw();
      return;
    }
    this.abort = new AbortController();
    this.poll(this.abort.signal);
  }

  stop() {
    this.abort?.abort();
    this.abort = null;
    clearTimeout(this.timer);
  }

  draw() {
    this.plot.element.hidden = false;
    this.plot.show(this.history.series(this.measure), {measure: this.measure, step: false});
  }

  async poll(signal) {
    let wait = kEveryMs;
    try {
      if (!document.hidden) {
        this.history.add(await api.get('live', {since: this.history.now}, signal));
        if (!signal.aborted) this.draw();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof api.ApiError)) throw error;
      this.onError(error);
      if (error.status === 404 || error.status === 401) return;
      wait = kWhenGoneMs;
    }
    if (!signal.aborted) this.timer = setTimeout(() => this.poll(signal), wait);
  }
}
