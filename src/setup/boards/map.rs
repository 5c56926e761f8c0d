//! A map of the world as a Vega drawing. The countries are inside, so that no map service is asked.

use super::Panel;
use serde_json::{Value, json};

/// Code, outline (SVG path in a frame of 2000 by 870) and place of a dot for small countries.
static WORLD: &str = include_str!("../../sink/html/data/world.tsv");
/// The outlines' frame.
const FRAME: (u32, u32) = (2000, 870);
const COLOURS: [&str; 2] = ["#d6e4f0", "#08306b"];

/// The drawing of a panel in the language of Vega 5, over the indices `glob`.
pub fn drawing(panel: &Panel, glob: &str) -> Value {
    let field = panel.by.as_deref().unwrap_or_default();
    json!({
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "description": panel.title,
        "autosize": {"type": "fit", "contains": "padding"},
        "signals": [
            {"name": "scale_x", "update": format!("width / {}", FRAME.0)},
            {"name": "scale_y", "update": format!("height / {}", FRAME.1)},
        ],
        "data": [
            {
                "name": "counts",
                "url": {
                    "%context%": true,
                    "%timefield%": "@timestamp",
                    "index": glob,
                    "body": {"size": 0, "aggs": {"by": {"terms": {"field": field, "size": panel.top}}}},
                },
                "format": {"property": "aggregations.by.buckets"},
            },
            {
                "name": "countries",
                "values": countries(),
                "transform": [
                    {"type": "lookup", "from": "counts", "key": "key", "fields": ["code"], "values": ["doc_count"], "as": ["count"], "default": 0},
                    {"type": "formula", "as": "said", "expr": "datum.code + ': ' + format(datum.count, ',')"},
                ],
            },
        ],
        "scales": [{
            "name": "colour",
            "type": "log",
            "domain": [1, {"signal": "max(2, extent(pluck(data('counts'), 'doc_count'))[1] || 2)"}],
            "range": COLOURS,
        }],
        "marks": [outlines(), dots()],
    })
}

fn countries() -> Vec<Value> {
    let number = |text: Option<&str>| text.and_then(|n| n.parse::<f64>().ok());
    let mut all = Vec::new();
    for line in WORLD.lines() {
        let mut columns = line.split('\t');
        let (code, path) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        let mut dot = columns.next().unwrap_or_default().split(' ');
        match (path.is_empty(), number(dot.next()), number(dot.next())) {
            (false, ..) => all.push(json!({"code": code, "path": path})),
            (true, Some(x), Some(y)) => all.push(json!({"code": code, "x": x, "y": y})),
            _ => {}
        }
    }
    all
}

/// What a country looks like by its count.
fn look(more: Value) -> Value {
    let mut look = json!({
        "fill": [{"test": "datum.count > 0", "scale": "colour", "field": "count"}, {"value": "#eeeeee"}],
        "stroke": {"value": "#ffffff"},
        "strokeWidth": {"value": 0.5},
        "tooltip": {"field": "said"},
    });
    if let (Some(look), Value::Object(more)) = (look.as_object_mut(), more) {
        look.extend(more);
    }
    json!({"update": look})
}

fn outlines() -> Value {
    let place = json!({
        "path": {"field": "path"},
        "scaleX": {"signal": "scale_x"},
        "scaleY": {"signal": "scale_y"},
    });
    json!({"type": "path", "from": {"data": "countries"}, "encode": look(place)})
}

fn dots() -> Value {
    let place = json!({
        "shape": {"value": "circle"},
        "size": {"signal": "datum.x != null && datum.count > 0 ? 40 : 0"},
        "x": {"signal": "(datum.x || 0) * scale_x"},
        "y": {"signal": "(datum.y || 0) * scale_y"},
    });
    json!({"type": "symbol", "from": {"data": "countries"}, "encode": look(place)})
}
