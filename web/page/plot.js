// Throughput over time: stacked areas by Dygraphs, with a legend of our own (Dygraphs' own one writes markup).
import {h} from './dom.js';
import {formatRate, formatTime} from './format.js';
import {protocolColour} from './names.js';

const cssColour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Dygraphs' legend writes markup with inline styles, which the page's policy forbids; ours stands in for it.
function withoutLegend() {
  return Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);
}

// Dragging zooms; touches scroll the page.
function pointerOnly() {
  const handlers = Object.entries(Dygraph.defaultInteractionModel);
  return Object.fromEntries(handlers.filter(([event]) => !event.startsWith('touch')));
}

export class Plot {
  // onZoom(first, last): Unix seconds; onProtocol(name): a click in the legend.
  constructor({onZoom, onProtocol}) {
    this.onZoom = onZoom;
    this.onProtocol = onProtocol;
    this.canvas = h('div', {class: 'plot-canvas', role: 'img'});
    this.legend = h('div', {class: 'legend'});
    this.element = h('div', {class: 'plot'}, this.canvas, this.legend);
    this.graph = null;
    this.data = null;
    this.resize = new ResizeObserver(() => this.graph?.resize());
    this.resize.observe(this.canvas);
  }

  close() {
    this.resize.disconnect();
    this.graph?.destroy();
  }

  // data: {times, series} (series.js); step: values hold until the next time.
  show(data, {measure, step}) {
    this.data = data;
    this.measure = measure;
    const {times, series} = data;
    const format = (value) => (measure === 'bits' ? formatRate(value) : formatRate(value, 'p/s'));
    this.format = format;
    // Dygraphs stacks the last series at the bottom: the largest, so that it stands calm.
    const stacked = series.length ? [...series].reverse() : [{name: 'none', values: times.map(() => 0)}];
    const rows = times.map((t, i) => [new Date(t * 1000), ...stacked.map((one) => one.values[i])]);
    const colours = stacked.map((one) => cssColour(protocolColour(one.name)));
    const options = {
      file: rows.length ? rows : [[new Date(0), 0]],
      labels: ['time', ...stacked.map((one) => one.name)],
      colors: colours,
      stepPlot: step,
      dateWindow: null,
      valueRange: [0, null],
      axisLineColor: cssColour('--line'),
      gridLineColor: cssColour('--line'),
      axes: {
        y: {axisLabelFormatter: (value) => (value ? format(value) : '0'), axisLabelWidth: 84},
        x: {drawGrid: false},
      },
    };
    if (!this.graph) this.make(options);
    else this.graph.updateOptions(options);
    this.describe();
  }

  make({file, ...options}) {
    Dygraph.PLUGINS = withoutLegend();
    this.graph = new Dygraph(this.canvas, file, {
      ...options,
      stackedGraph: true,
      fillAlpha: 0.62,
      strokeWidth: 1.2,
      legend: 'never',
      highlightCircleSize: 0,
      includeZero: true,
      gridLineWidth: 1,
      axisLineWidth: 1,
      interactionModel: pointerOnly(),
      stackedGraphNaNFill: 'none',
      xRangePad: 0,
      highlightCallback: (_, __, ___, row) => this.describe(row),
      unhighlightCallback: () => this.describe(),
      zoomCallback: (first, last) => {
        const [from, to] = [this.data.times[0] * 1000, this.data.times.at(-1) * 1000];
        if (first <= from && last >= to)
          this.graph.resetZoom(); // only upwards
        else this.onZoom(Math.floor(first / 1000), Math.ceil(last / 1000));
      },
    });
  }

  legendItem(name) {
    const swatch = h('span', {class: 'swatch'});
    swatch.style.background = `var(${protocolColour(name)})`;
    return h(
      'button',
      {
        type: 'button',
        class: 'legend-item',
        'data-name': name,
        title: `Only ${name}`,
        disabled: name === 'other',
        onclick: () => this.onProtocol(name),
      },
      swatch,
      name,
      h('span', {class: 'number'})
    );
  }

  // The legend: values at the pointer's place, else means over the window.
  describe(row) {
    const {times, series} = this.data;
    const weights = times.map((t, i) => (i + 1 < times.length ? times[i + 1] - t : 0));
    const width = weights.reduce((sum, w) => sum + w, 0) || 1;
    const value = (values) =>
      row !== undefined ? (values[row] ?? 0) : values.reduce((sum, v, i) => sum + v * weights[i], 0) / width;
    const shown = series.map((one) => ({name: one.name, value: value(one.values)}));
    const total = shown.reduce((sum, one) => sum + one.value, 0);
    const when = row === undefined ? 'mean' : formatTime(times[row]);
    const names = shown.map(({name}) => name).join();
    if (names !== this.names) {
      this.names = names;
      this.legend.replaceChildren(
        h('span', {class: 'legend-when'}),
        ...shown.map(({name}) => this.legendItem(name)),
        h('span', {class: 'legend-total'}, 'all ', h('span', {class: 'number'}))
      );
    }
    // Texts only: a button that is drawn anew under the pointer would miss its click.
    this.legend.querySelector('.legend-when').textContent = when;
    const values = [...shown.map((one) => one.value), total];
    this.legend.querySelectorAll('.number').forEach((element, i) => {
      element.textContent = this.format(values[i]);
    });
    this.canvas.setAttribute(
      'aria-label',
      `Throughput by protocol, ${this.measure} per second: ` +
        shown.map((one) => `${one.name} ${this.format(one.value)}`).join(', ')
    );
  }
}
