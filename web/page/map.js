// Countries by traffic: a map in five shades. Shapes come from world.json (script/make-world-map.mjs says from where).
import {svg} from './dom.js';
import {formatBytes, formatPercent} from './format.js';
import {countryName} from './names.js';
import {settings} from './settings.js';

const kShades = 5;
const kPointRadius = 5;
let world;

export class WorldMap {
  // onCountry(code): a click.
  constructor({onCountry}) {
    this.onCountry = onCountry;
    this.element = svg('svg', {
      class: 'map',
      role: 'img',
      'aria-label': 'Traffic by country; the table has the same figures',
    });
  }

  async load() {
    world ??= fetch('world.json').then((response) => response.json());
    const {width, height, shapes, points} = await world;
    if (this.places) return;
    this.element.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.places = new Map();
    for (const [code, d] of Object.entries(shapes)) this.add(code, svg('path', {d}));
    for (const [code, [cx, cy]] of Object.entries(points)) this.add(code, svg('circle', {cx, cy, r: kPointRadius}));
  }

  add(code, shape) {
    const title = svg('title');
    shape.append(title);
    shape.dataset.country = code;
    shape.addEventListener('click', () => {
      if (shape.dataset.shade) this.onCountry(code);
    });
    this.places.set(code, {shape, title});
    this.element.append(shape);
  }

  // bytes: Map(code → BigInt); total: BigInt. Shades go by the logarithm below the largest.
  async show(bytes, total) {
    await this.load();
    const most = Math.max(1, ...[...bytes].filter(([code]) => code).map(([, amount]) => Number(amount)));
    for (const [code, {shape, title}] of this.places) {
      const amount = bytes.get(code);
      if (amount) {
        const shade = Math.max(1, kShades - Math.floor(Math.log10(most / Number(amount)) * 1.6));
        shape.dataset.shade = shade;
        title.textContent = `${countryName(code)}: ${formatBytes(amount, settings.units)}, ${formatPercent(amount, total)}`;
      } else {
        delete shape.dataset.shade;
        title.textContent = countryName(code);
      }
    }
  }
}
