//! Saved objects, in the form of Kibana 7.10 that every later Kibana and every OpenSearch Dashboards imports.

use super::{Board, Boards, Kind, Measure, Panel, both, map};
use serde_json::{Value, json};

/// Version of the form; importers bring it up to theirs.
const FORM: &str = "7.10.0";
/// Columns of a dashboard's grid, and rows of a panel.
const GRID: u32 = 48;
const ROWS: u32 = 15;
/// Id of the index pattern.
const PATTERN: &str = "netlog";

/// The index pattern, then per dashboard its panels and itself.
pub fn objects(boards: &Boards, glob: &str) -> Vec<Value> {
    let mut all = vec![json!({
        "id": PATTERN,
        "type": "index-pattern",
        "attributes": {"title": glob, "timeFieldName": "@timestamp"},
        "references": [],
        "migrationVersion": {"index-pattern": "7.6.0"},
    })];
    for board in &boards.boards {
        all.extend((1..).zip(&board.panels).map(|(i, panel)| visualization(board, i, panel, glob)));
        all.extend(saved_search(board));
        all.push(dashboard(board));
    }
    all
}

fn id(board: &Board, panel: usize) -> String {
    format!("netlog-{}-{panel}", board.name)
}

fn visualization(board: &Board, number: usize, panel: &Panel, glob: &str) -> Value {
    let state = match panel.kind {
        Kind::Map => json!({
            "title": panel.title, "type": "vega", "aggs": [],
            "params": {"spec": map::drawing(panel, glob).to_string()},
        }),
        _ => {
            json!({"title": panel.title, "type": vis_type(panel.kind), "aggs": aggs(panel), "params": params(panel)})
        }
    };
    let source = json!({
        "query": {"query": both(&board.filter, &panel.filter), "language": "kuery"},
        "filter": [],
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    });
    json!({
        "id": id(board, number),
        "type": "visualization",
        "attributes": {
            "title": format!("netlog: {}: {}", board.title, panel.title),
            "description": "",
            "version": 1,
            "uiStateJSON": "{}",
            "visState": state.to_string(),
            "kibanaSavedObjectMeta": {"searchSourceJSON": source.to_string()},
        },
        "references": [{"name": "kibanaSavedObjectMeta.searchSourceJSON.index", "type": "index-pattern", "id": PATTERN}],
        "migrationVersion": {"visualization": FORM},
    })
}

fn list_id(board: &Board) -> String {
    format!("netlog-{}-list", board.name)
}

/// The documents of a dashboard one below the other, newest first.
fn saved_search(board: &Board) -> Option<Value> {
    let source = json!({
        "query": {"query": board.filter, "language": "kuery"},
        "filter": [],
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    });
    let search = json!({
        "id": list_id(board),
        "type": "search",
        "attributes": {
            "title": format!("netlog: {}", board.title),
            "description": "", "hits": 0, "version": 1,
            "columns": board.list,
            "sort": [["@timestamp", "desc"]],
            "kibanaSavedObjectMeta": {"searchSourceJSON": source.to_string()},
        },
        "references": [{"name": "kibanaSavedObjectMeta.searchSourceJSON.index", "type": "index-pattern", "id": PATTERN}],
        "migrationVersion": {"search": "7.9.3"},
    });
    (!board.list.is_empty()).then_some(search)
}

fn vis_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "metric",
        Kind::Table => "table",
        Kind::Pie => "pie",
        Kind::Bars => "histogram",
        Kind::Lines => "line",
        Kind::Map => "vega",
    }
}

/// The measure and the groups, as the visual builder writes them.
fn aggs(panel: &Panel) -> Vec<Value> {
    let kind = panel.measure.aggregation();
    let mut measure = json!({"id": "1", "enabled": true, "type": kind, "schema": "metric", "params": {}});
    if let Some(field) = panel.measure.field() {
        measure["params"]["field"] = field.into();
    }
    if matches!(panel.measure, Measure::Percentile(_)) {
        measure["params"]["percents"] = json!([50, 95, 99]);
    }
    let (first, second) = match panel.kind {
        Kind::Table => ("bucket", "bucket"),
        Kind::Pie => ("segment", "segment"),
        _ => ("segment", "group"),
    };
    let mut all = vec![measure];
    if let Some(by) = panel.by.as_deref() {
        let group = if by == "time" { over_time(panel) } else { terms(panel, by) };
        all.push(bucket("2", first, group));
    }
    if let Some(split) = panel.split.as_deref() {
        all.push(bucket("3", second, terms(panel, split)));
    }
    all
}

fn bucket(id: &str, schema: &str, (kind, params): (&str, Value)) -> Value {
    json!({"id": id, "enabled": true, "type": kind, "schema": schema, "params": params})
}

fn over_time(panel: &Panel) -> (&'static str, Value) {
    let interval = panel.interval.as_deref().map_or("auto", |step| if step == "1m" { "m" } else { step });
    (
        "date_histogram",
        json!({"field": "@timestamp", "interval": interval, "min_doc_count": 1, "extended_bounds": {}}),
    )
}

fn terms(panel: &Panel, field: &str) -> (&'static str, Value) {
    // The order by a percentile would need one of them named; events are as good an order.
    let order = if matches!(panel.measure, Measure::Percentile(_)) { "_key" } else { "1" };
    let params = json!({
        "field": field, "size": panel.top, "order": "desc", "orderBy": order,
        "otherBucket": false, "missingBucket": false,
    });
    ("terms", params)
}

fn params(panel: &Panel) -> Value {
    match panel.kind {
        Kind::Number => json!({
            "addTooltip": true, "addLegend": false, "type": "metric",
            "metric": {
                "percentageMode": false, "useRanges": false, "colorSchema": "Green to Red",
                "metricColorMode": "None", "colorsRange": [{"from": 0, "to": 10000}],
                "labels": {"show": true}, "invertColors": false,
                "style": {"bgFill": "#000", "bgColor": false, "labelColor": false, "subText": "", "fontSize": 36},
            },
        }),
        Kind::Table => json!({
            "perPage": 10, "showPartialRows": false, "showMetricsAtAllLevels": false,
            "showTotal": false, "totalFunc": "sum", "percentageCol": "",
        }),
        Kind::Pie => json!({
            "type": "pie", "addTooltip": true, "addLegend": true, "legendPosition": "right", "isDonut": true,
            "labels": {"show": false, "values": true, "last_level": true, "truncate": 100},
        }),
        Kind::Bars => axes("histogram", "stacked"),
        Kind::Lines => axes("line", "normal"),
        Kind::Map => json!({}),
    }
}

/// A drawing with a time axis below and a value axis at its left.
fn axes(kind: &str, mode: &str) -> Value {
    let label = json!({"show": true, "filter": true, "truncate": 100});
    json!({
        "type": kind, "grid": {"categoryLines": false}, "addTooltip": true, "addLegend": true,
        "legendPosition": "right", "times": [], "addTimeMarker": false, "labels": {"show": false},
        "thresholdLine": {"show": false, "value": 10, "width": 1, "style": "full", "color": "#E7664C"},
        "categoryAxes": [{
            "id": "CategoryAxis-1", "type": "category", "position": "bottom", "show": true, "style": {},
            "scale": {"type": "linear"}, "labels": label, "title": {},
        }],
        "valueAxes": [{
            "id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "left", "show": true, "style": {},
            "scale": {"type": "linear", "mode": "normal"}, "labels": label, "title": {"text": ""},
        }],
        "seriesParams": [{
            "show": true, "type": kind, "mode": mode, "data": {"label": "", "id": "1"},
            "valueAxis": "ValueAxis-1", "drawLinesBetweenPoints": true, "lineWidth": 2,
            "interpolate": "linear", "showCircles": true,
        }],
    })
}

/// Panels fill rows of the grid: numbers three in a row, maps alone, others two in a row.
fn dashboard(board: &Board) -> Value {
    let (mut panels, mut references) = (Vec::new(), Vec::new());
    let (mut x, mut y, mut high) = (0, 0, 0);
    for (i, panel) in board.panels.iter().enumerate() {
        let (w, h) = match panel.kind {
            Kind::Number => (GRID / 3, ROWS / 2),
            Kind::Map => (GRID, ROWS + ROWS / 2),
            _ => (GRID / 2, ROWS),
        };
        if x + w > GRID {
            (x, y, high) = (0, y + high, 0);
        }
        let index = (i + 1).to_string();
        panels.push(json!({
            "version": FORM, "type": "visualization", "panelIndex": index, "embeddableConfig": {},
            "gridData": {"x": x, "y": y, "w": w, "h": h, "i": index}, "panelRefName": format!("panel_{i}"),
        }));
        references
            .push(json!({"name": format!("panel_{i}"), "type": "visualization", "id": id(board, i + 1)}));
        (x, high) = (x + w, high.max(h));
    }
    if !board.list.is_empty() {
        let (i, index) = (board.panels.len(), (board.panels.len() + 1).to_string());
        panels.push(json!({
            "version": FORM, "type": "search", "panelIndex": index, "embeddableConfig": {},
            "gridData": {"x": 0, "y": y + high, "w": GRID, "h": ROWS, "i": index}, "panelRefName": format!("panel_{i}"),
        }));
        references.push(json!({"name": format!("panel_{i}"), "type": "search", "id": list_id(board)}));
    }
    json!({
        "id": format!("netlog-{}", board.name),
        "type": "dashboard",
        "attributes": {
            "title": format!("netlog: {}", board.title),
            "description": "", "hits": 0, "version": 1, "timeRestore": false,
            "optionsJSON": json!({"useMargins": true, "hidePanelTitles": false}).to_string(),
            "panelsJSON": Value::from(panels).to_string(),
            "kibanaSavedObjectMeta": {"searchSourceJSON": json!({"query": {"query": "", "language": "kuery"}, "filter": []}).to_string()},
        },
        "references": references,
        "migrationVersion": {"dashboard": "7.9.3"},
    })
}
