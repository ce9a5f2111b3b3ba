//! GeoJSON (RFC 7946) and TopoJSON: their form, not their geometry.

use serde_json::Value;

/// A GeoJSON object: a geometry, a feature or a collection of features, with positions of two numbers or more.
pub(super) fn is_geojson(text: &str) -> bool {
    // The parser itself refuses what is nested too deeply.
    serde_json::from_str::<Value>(text).is_ok_and(|v| v.is_object() && object(&v))
}

fn object(value: &Value) -> bool {
    match value["type"].as_str() {
        Some("FeatureCollection") => all(&value["features"], |f| f["type"] == "Feature" && object(f)),
        Some("Feature") => {
            let there = |key: &str| value.get(key).is_some();
            let geometry_is = value["geometry"].is_null() || geometry(&value["geometry"]);
            let properties_are = value["properties"].is_null() || value["properties"].is_object();
            there("geometry") && there("properties") && geometry_is && properties_are
        }
        _ => geometry(value),
    }
}

fn geometry(value: &Value) -> bool {
    let coordinates = &value["coordinates"];
    match value["type"].as_str() {
        Some("Point") => position(coordinates),
        Some("MultiPoint") => all(coordinates, position),
        Some("LineString") => line(coordinates),
        Some("MultiLineString") => all(coordinates, line),
        Some("Polygon") => all(coordinates, ring),
        Some("MultiPolygon") => all(coordinates, |polygon| all(polygon, ring)),
        Some("GeometryCollection") => all(&value["geometries"], geometry),
        _ => false,
    }
}

fn all(value: &Value, good: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(good))
}

fn position(value: &Value) -> bool {
    value.as_array().is_some_and(|p| p.len() >= 2) && all(value, Value::is_number)
}

fn line(value: &Value) -> bool {
    value.as_array().is_some_and(|l| l.len() >= 2) && all(value, position)
}

/// A closed line of four positions or more (RFC 7946, 3.1.6).
fn ring(value: &Value) -> bool {
    line(value) && value.as_array().is_some_and(|r| r.len() >= 4 && r.first() == r.last())
}

/// A TopoJSON object: a topology with its objects and arcs, or a geometry over the arcs of another one.
pub(super) fn is_topojson(text: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return false };
    match value["type"].as_str() {
        Some("Topology") => {
            value["objects"].is_object()
                && all(&value["arcs"], |arc| all(arc, |p| p.is_array() && all(p, Value::is_number)))
        }
        Some("Point" | "MultiPoint") => value["coordinates"].is_array(),
        Some("LineString" | "MultiLineString" | "Polygon" | "MultiPolygon") => value["arcs"].is_array(),
        Some("GeometryCollection") => value["geometries"].is_array(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometries_features_and_collections_are_told_from_other_json() {
        for good in [
            r#"{"type": "Point", "coordinates": [4.8, 45.7]}"#,
            r#"{"type": "LineString", "coordinates": [[0, 0], [1, 1, 200]]}"#,
            r#"{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}"#,
            r#"{"type": "Feature", "geometry": null, "properties": {}}"#,
            r#"{"type": "FeatureCollection", "features": []}"#,
            r#"{"type": "GeometryCollection", "geometries": [{"type": "MultiPoint", "coordinates": []}]}"#,
        ] {
            assert!(is_geojson(good), "{good}");
        }
        for bad in [
            "{}",
            "[]",
            "",
            r#"{"type": "Point"}"#,
            r#"{"type": "Point", "coordinates": [4.8]}"#,
            r#"{"type": "Point", "coordinates": ["4.8", "45.7"]}"#,
            r#"{"type": "LineString", "coordinates": [[0, 0]]}"#,
            r#"{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,1]]]}"#,
            r#"{"type": "Feature", "geometry": {"type": "Point"}, "properties": {}}"#,
            r#"{"type": "Feature", "geometry": null}"#,
            r#"{"type": "Lyon", "coordinates": [1, 2]}"#,
        ] {
            assert!(!is_geojson(bad), "{bad}");
        }
    }

    #[test]
    fn a_topology_has_objects_and_arcs() {
        assert!(is_topojson(r#"{"type": "Topology", "objects": {}, "arcs": [[[0, 0], [1, 1]]]}"#));
        assert!(is_topojson(r#"{"type": "LineString", "arcs": [0]}"#));
        assert!(!is_topojson(r#"{"type": "Topology", "objects": {}}"#));
        assert!(!is_topojson(r#"{"type": "Feature", "geometry": null, "properties": {}}"#));
    }
}
