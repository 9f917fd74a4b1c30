//! Putting the columns of a block in line.

use crate::parse::cursor::Column;
use std::collections::HashMap;
use unicode_width::UnicodeWidthStr;

/// Blanks between columns.
const GAP: usize = 2;
/// A wider cell does not push the column of the others.
const HEAD_MAX: usize = 24;
const BODY_MAX: usize = 30;
const LINE_MAX: usize = 76;

/// A line to be printed.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Blanks in front.
    pub(super) indent: usize,
    /// Rows of the same group have the same columns; none for a line that goes on with a statement.
    pub(super) group: Option<usize>,
    /// What stands in it; the first cell has no column. No cells for an empty line.
    pub(super) cells: Vec<(Option<Column>, String)>,
    /// A comment behind, or alone.
    pub(super) note: Option<String>,
    /// Whether it ends with an opening brace.
    pub(super) opens: bool,
}

#[derive(Clone, Copy, Default)]
struct Widths {
    head: usize,
    body: usize,
    line: usize,
}

/// The text of all rows.
pub(super) fn print(rows: &[Row]) -> String {
    let mut widths: HashMap<usize, Widths> = HashMap::new();
    for (row, group) in rows.iter().filter_map(|row| row.group.map(|group| (row, group))) {
        let group = widths.entry(group).or_default();
        measure_head(row, group);
    }
    for (row, group) in rows.iter().filter_map(|row| row.group.map(|group| (row, group))) {
        let group = widths.entry(group).or_default();
        measure_line(row, group);
    }
    let mut text = String::new();
    for row in rows {
        let group = row.group.and_then(|group| widths.get(&group)).copied().unwrap_or_default();
        text.push_str(line(row, group).trim_end());
        text.push('\n');
    }
    text
}

fn cell(row: &Row, wanted: Column) -> Option<&str> {
    row.cells.iter().find(|(column, _)| *column == Some(wanted)).map(|(_, text)| text.as_str())
}

fn measure_head(row: &Row, group: &mut Widths) {
    let Some((None, head)) = row.cells.first() else { return };
    if let Some(body) = cell(row, Column::Body) {
        // A path is longer than the names around it, and mostly stands alone.
        if head.width() <= HEAD_MAX && !head.contains('.') {
            group.head = group.head.max(head.width());
        }
        if cell(row, Column::Rule).is_some() && body.width() <= BODY_MAX {
            group.body = group.body.max(body.width());
        }
    } else if row.cells.iter().any(|(column, _)| *column == Some(Column::Label)) && head.width() <= HEAD_MAX {
        group.head = group.head.max(head.width());
    }
}

fn measure_line(row: &Row, group: &mut Widths) {
    if row.opens || cell(row, Column::Label).is_none() {
        return;
    }
    let width = before_label(row, *group).width();
    if width <= LINE_MAX {
        group.line = group.line.max(width);
    }
}

fn pad(text: &mut String, column: usize) {
    let width = text.width();
    let blanks = if width + GAP > column { GAP } else { column - width };
    text.extend(std::iter::repeat_n(' ', blanks));
}

fn before_label(row: &Row, group: Widths) -> String {
    let mut text = String::new();
    for (column, cell) in &row.cells {
        match column {
            None => {}
            Some(Column::Body) => pad(&mut text, group.head + GAP),
            Some(Column::Rule) => pad(&mut text, group.head + GAP + group.body + GAP),
            Some(Column::Label) => return text,
        }
        text.push_str(cell);
    }
    text
}

fn line(row: &Row, group: Widths) -> String {
    let mut text = before_label(row, group);
    // Behind a label another statement may stand, parted by a comma.
    let behind = row.cells.iter().skip_while(|(column, _)| *column != Some(Column::Label));
    for (place, (column, cell)) in behind.enumerate() {
        match (row.opens && *column == Some(Column::Label), place) {
            (true, _) => text.push(' '),
            (false, 0) => pad(&mut text, group.line + GAP),
            (false, _) => pad(&mut text, 0),
        }
        text.push_str(cell);
    }
    if let Some(note) = &row.note {
        if !text.is_empty() {
            text.push_str("  ");
        }
        text.push_str(note);
    }
    " ".repeat(row.indent) + &text
}
