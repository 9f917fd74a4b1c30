//! The systems of the mission with the seven points of "works": what ran, and who else made the octets.
//!
//! In: the list of systems, what suites came to, the makers of octets. Out: a table and JSON. A cell is full
//! only where its cases ran and all of them passed. It must not know how cases run.

use super::kept::CameTo;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};
use conformance::oracles::System;
use conformance::report::Point;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A system as `systems.yaml` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) family: String,
}

/// The systems of the mission, in its order.
pub(crate) fn listed(conformance: &Path) -> Result<Vec<Listed>, String> {
    let path = conformance.join("systems.yaml");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A row of the table.
pub(super) struct Row<'a> {
    number: usize,
    listed: Listed,
    /// Passed and run cases by point; empty where nothing ran.
    points: BTreeMap<Point, (usize, usize)>,
    octets: Option<&'a System>,
}

impl Row<'_> {
    fn is_full(&self) -> bool {
        Point::ALL
            .iter()
            .all(|point| self.points.get(point).is_some_and(|(passed, all)| *all > 0 && passed == all))
    }

    fn cell(&self, point: Point) -> String {
        match self.points.get(&point) {
            None | Some((_, 0)) => "–".to_owned(),
            Some((passed, all)) if passed == all => all.to_string(),
            Some((passed, all)) => format!("{passed}/{all} ✗"),
        }
    }
}

/// The rows, in the mission's order.
pub(super) fn rows<'a>(
    conformance: &Path,
    reports: &[CameTo],
    systems: &'a [System],
) -> Result<Vec<Row<'a>>, String> {
    let listed = listed(conformance)?;
    let row = |(place, listed): (usize, Listed)| {
        let report = reports.iter().find(|report| report.party == listed.folder);
        let octets = systems.iter().find(|system| system.folder == listed.folder);
        Row { number: place + 1, points: report.map(CameTo::by_point).unwrap_or_default(), octets, listed }
    };
    Ok(listed.into_iter().enumerate().map(row).collect())
}

/// As a table for people, with a last line that counts.
pub(super) fn table(rows: &[Row<'_>]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    let points = Point::ALL.iter().map(|point| format!("{} {}", point.number(), point.words()));
    let mut header = vec!["no".to_owned(), "system".to_owned(), "名称".to_owned()];
    header.extend(points);
    header.push("octets by others".to_owned());
    table.set_header(header);
    for row in rows {
        let mut cells = vec![row.number.to_string(), row.listed.folder.clone(), row.listed.name.clone()];
        cells.extend(Point::ALL.iter().map(|point| row.cell(*point)));
        cells.push(row.octets.map_or_else(String::new, |octets| {
            let makers: Vec<&str> = octets.by_maker().into_keys().collect();
            format!("{} of {} messages: {}", octets.verified(), octets.messages.len(), makers.join("; "))
        }));
        table.add_row(cells);
    }
    for column in 3..10 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let full = rows.iter().filter(|row| row.is_full()).count();
    format!(
        "{table}\n{full} of {} systems are full: each cell's cases ran, and all of them passed.",
        rows.len()
    )
}

/// As JSON for machines.
pub(super) fn json(rows: &[Row<'_>]) -> Value {
    let row = |row: &Row<'_>| {
        let points: BTreeMap<String, Value> = row
            .points
            .iter()
            .map(|(point, (passed, all))| {
                let full = *all > 0 && passed == all;
                (
                    point.number().to_string(),
                    json!({ "name": point.words(), "cases": all, "passed": passed, "full": full }),
                )
            })
            .collect();
        let octets = row.octets.map(|octets| {
            json!({ "messages": octets.messages.len(), "verified": octets.verified(), "by": octets.by_maker() })
        });
        json!({
            "no": row.number, "system": row.listed.folder, "name": row.listed.name, "family": row.listed.family,
            "points": points, "octets": octets, "full": row.is_full(),
        })
    };
    json!({ "full": rows.iter().filter(|row| row.is_full()).count(), "systems": rows.iter().map(row).collect::<Vec<_>>() })
}
