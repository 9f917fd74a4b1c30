//! Receipts on paper: a title, lines of label and value, a text, a table, and the bank's stamp, as a PDF of A4 pages.
//!
//! In: a [`Receipt`], as JSON has it. Out: octets of a PDF 1.7. The letters are those of the standard Chinese font that
//! every reader of PDF brings (Adobe-GB1, `STSong-Light`), so that a receipt is small and no font need be installed.
//! It must not know who asks for a receipt, nor what it says.

#![expect(clippy::float_arithmetic, reason = "points on a page, never money")]

mod face;
mod layout;
mod stamp;
mod write;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Most characters of a text.
pub const TEXT: usize = 20_000;
/// Most lines of label and value.
pub const LINES: usize = 100;
/// Most rows of a table.
pub const ROWS: usize = 5_000;
/// Most columns of a table.
pub const COLUMNS: usize = 10;
/// Most characters of a title, a label, a value or a cell.
pub const CELL: usize = 500;

/// What a receipt says.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Receipt {
    /// Its head.
    pub title: String,
    /// Its number.
    pub number: String,
    /// Label to value, in the order of the page.
    pub lines: Map<String, Value>,
    /// Paragraphs, a line each.
    pub text: String,
    /// Rows of a table; the first row's names are its head.
    pub rows: Vec<Map<String, Value>>,
    /// When it was made, as it is to stand on the page.
    pub made: String,
    /// Whose stamp it bears; empty: none.
    pub seal: String,
}

/// Why there is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// The request is no receipt.
    #[error("the request is no receipt: {0}")]
    Form(String),
    /// Something is longer than a page or a reader bears.
    #[error("{what} has {is}, at most {most} are taken")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many characters, lines, rows or columns it has.
        is: usize,
        /// How many are taken.
        most: usize,
    },
    /// A line or cell is neither text nor number.
    #[error("`{0}` is neither a text nor a number")]
    Strange(String),
}

/// Makes the receipt that a request in JSON describes.
///
/// # Errors
/// [`PaperError`] where it is no receipt or too long.
pub fn receipt(request: &[u8]) -> Result<Vec<u8>, PaperError> {
    let receipt: Receipt =
        serde_json::from_slice(request).map_err(|error| PaperError::Form(error.to_string()))?;
    pdf(&receipt)
}

/// Makes a receipt.
///
/// # Errors
/// [`PaperError::TooMany`] and [`PaperError::Strange`].
pub fn pdf(receipt: &Receipt) -> Result<Vec<u8>, PaperError> {
    within("the text", receipt.text.chars().count(), TEXT)?;
    within("the receipt's lines", receipt.lines.len(), LINES)?;
    within("the table", receipt.rows.len(), ROWS)?;
    within("a row", receipt.rows.iter().map(Map::len).max().unwrap_or(0), COLUMNS)?;
    for text in [&receipt.title, &receipt.number, &receipt.made, &receipt.seal] {
        within("a title", text.chars().count(), CELL)?;
    }
    let pages = layout::pages(receipt)?;
    Ok(write::document(receipt, &pages))
}

fn within(what: &'static str, is: usize, most: usize) -> Result<(), PaperError> {
    if is > most { Err(PaperError::TooMany { what, is, most }) } else { Ok(()) }
}

/// A value as it stands on the page.
fn shown(name: &str, value: &Value) -> Result<String, PaperError> {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "是".to_owned(),
        Value::Bool(false) => "否".to_owned(),
        Value::Array(_) | Value::Object(_) => return Err(PaperError::Strange(name.to_owned())),
    };
    within("a cell", text.chars().count(), CELL)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
