// Makes web/page/world.json, the page's map of countries.
//
// Source: Natural Earth (naturalearthdata.com, public domain), admin 0 countries, 1:110m for shapes, 1:50m for the places of
// the countries that are too small for it; as TopoJSON in the npm package world-atlas 2. ISO 3166 codes by Debian's iso-codes.
//
//   npm install world-atlas@2 topojson-client@3 d3-geo@1    (in some other directory)
//   node script/make-world-map.mjs THAT/DIRECTORY >web/page/world.json
//
// Result: {width, height, shapes: {"DE": "M10,20l1,2…z"}, points: {"MT": [x, y]}}, Natural Earth projection, whole numbers.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

const modules = resolve(process.argv[2] ?? '.', 'node_modules');
const require = createRequire(pathToFileURL(modules + '/'));
const {feature} = require('topojson-client');
const {geoNaturalEarth1, geoPath, geoCentroid} = require('d3-geo');

const kWidth = 1600;
const kMargin = 6;
const kAntarctica = 'AQ';
// Natural Earth draws these apart; ISO 3166, and with it databases of addresses, do not.
const kByName = {Kosovo: 'XK', 'N. Cyprus': 'CY', Somaliland: 'SO'};

const codes = new Map(
  JSON.parse(readFileSync('/usr/share/iso-codes/json/iso_3166-1.json'))['3166-1'].map((country) => [
    country.numeric,
    country.alpha_2,
  ])
);
const countries = (resolution) => {
  const topology = JSON.parse(readFileSync(`${modules}/world-atlas/countries-${resolution}.json`));
  return feature(topology, topology.objects.countries)
    .features.map((country) => ({country, code: codes.get(country.id) ?? kByName[country.properties.name]}))
    .filter(({code}) => code && code !== kAntarctica);
};

const large = countries('110m');
const all = {type: 'FeatureCollection', features: large.map((c) => c.country)};
const projection = geoNaturalEarth1().fitExtent(
  [
    [kMargin, kMargin],
    [kWidth - kMargin, kWidth],
  ],
  all
);
const [[, top]] = geoPath(projection).bounds(all);
projection.translate([projection.translate()[0], projection.translate()[1] - top + kMargin]);
const path = geoPath(projection);

// "M10,20L11,22L12,21Z" to whole numbers, relative, without points that fall onto the one before.
function compact(text) {
  let out = '';
  for (const ring of text.split('M').filter(Boolean)) {
    const points = ring
      .replace(/Z$/, '')
      .split('L')
      .map((pair) => pair.split(',').map(Math.round))
      .filter(([x, y], i, all) => i === 0 || x !== all[i - 1][0] || y !== all[i - 1][1]);
    if (points.length < 3) continue;
    out +=
      `M${points[0]}l` +
      points
        .slice(1)
        .map(([x, y], i) => [x - points[i][0], y - points[i][1]])
        .map((step) => step.join(','))
        .join(' ') +
      'z';
  }
  return out;
}

const shapes = {};
for (const {country, code} of large) shapes[code] = (shapes[code] ?? '') + compact(path(country) ?? '');
const points = {};
for (const {country, code} of countries('50m')) {
  if (!shapes[code]) points[code] = projection(geoCentroid(country)).map(Math.round);
}
const bottom = Math.ceil(path.bounds(all)[1][1]) + kMargin;
const sorted = (object) => Object.fromEntries(Object.entries(object).sort());
console.log(JSON.stringify({width: kWidth, height: bottom, shapes: sorted(shapes), points: sorted(points)}));
