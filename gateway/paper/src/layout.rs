//! Where everything stands: pages of A4 with texts, lines and the stamp.
//!
//! In: a receipt. Out: what is drawn on each page, in points from the lower left corner. It must not know PDF.

use crate::face::{width, wrapped};
use crate::{PaperError, Receipt, shown, within};

/// Width of a page.
pub(crate) const WIDE: f32 = 595.0;
/// Height of a page.
pub(crate) const HIGH: f32 = 842.0;
const MARGIN: f32 = 56.0;
const INNER: f32 = WIDE - 2.0 * MARGIN;
const BODY: f32 = 10.5;
const SMALL: f32 = 9.0;
const LEADING: f32 = 17.0;
/// Space that a cell's text keeps from its rules.
const PAD: f32 = 4.0;
/// Radius of the stamp.
pub(crate) const STAMP: f32 = 58.0;

/// Something drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Drawn {
    /// A text: left end of its base line, size, shade of grey (0 black).
    Text { x: f32, y: f32, size: f32, grey: f32, text: String },
    /// A rule from left to right.
    Rule { x: f32, y: f32, wide: f32 },
    /// A shaded field: lower left corner.
    Shade { x: f32, y: f32, wide: f32, high: f32 },
    /// The stamp: its middle.
    Stamp { x: f32, y: f32, name: String },
}

/// A page.
pub(crate) type Page = Vec<Drawn>;

/// Lays a receipt out.
pub(crate) fn pages(receipt: &Receipt) -> Result<Vec<Page>, PaperError> {
    let mut sheet = Sheet { pages: vec![Page::new()], y: HIGH - MARGIN };
    sheet.title(receipt);
    sheet.lines(receipt)?;
    sheet.text(&receipt.text);
    sheet.table(receipt)?;
    sheet.end(receipt);
    Ok(sheet.numbered())
}

struct Sheet {
    pages: Vec<Page>,
    y: f32,
}

impl Sheet {
    fn draw(&mut self, drawn: Drawn) {
        if let Some(page) = self.pages.last_mut() {
            page.push(drawn);
        }
    }

    fn write(&mut self, x: f32, size: f32, grey: f32, text: &str) {
        if !text.is_empty() {
            self.draw(Drawn::Text { x, y: self.y, size, grey, text: text.to_owned() });
        }
    }

    /// Moves down; true where a new page was begun for it.
    fn down(&mut self, high: f32) -> bool {
        self.y -= high;
        let over = self.y < MARGIN + LEADING;
        if over {
            self.pages.push(Page::new());
            self.y = HIGH - MARGIN - LEADING;
        }
        over
    }

    fn title(&mut self, receipt: &Receipt) {
        let size = 17.0;
        for line in wrapped(&receipt.title, size, INNER) {
            self.down(24.0);
            self.write(MARGIN + (INNER - width(&line, size)) / 2.0, size, 0.0, &line);
        }
        if !receipt.number.is_empty() {
            self.down(LEADING);
            let number = format!("编号: {}", receipt.number);
            for line in wrapped(&number, SMALL, INNER) {
                self.write(MARGIN + INNER - width(&line, SMALL), SMALL, 0.35, &line);
            }
        }
        self.down(10.0);
        self.draw(Drawn::Rule { x: MARGIN, y: self.y, wide: INNER });
    }

    fn lines(&mut self, receipt: &Receipt) -> Result<(), PaperError> {
        const LABEL: f32 = 110.0;
        for (label, value) in &receipt.lines {
            within("a label", label.chars().count(), crate::CELL)?;
            let value = shown(label, value)?;
            let labels = wrapped(label, BODY, LABEL - PAD);
            let values = wrapped(&value, BODY, INNER - LABEL);
            for place in 0..labels.len().max(values.len()) {
                self.down(LEADING);
                self.write(MARGIN, BODY, 0.35, labels.get(place).map_or("", |line| line));
                self.write(MARGIN + LABEL, BODY, 0.0, values.get(place).map_or("", |line| line));
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.down(8.0);
        for paragraph in text.lines() {
            for line in wrapped(paragraph, BODY, INNER) {
                self.down(LEADING);
                self.write(MARGIN, BODY, 0.0, &line);
            }
        }
    }

    fn table(&mut self, receipt: &Receipt) -> Result<(), PaperError> {
        let Some(first) = receipt.rows.first() else { return Ok(()) };
        let head: Vec<String> = first.keys().cloned().collect();
        for name in &head {
            within("a label", name.chars().count(), crate::CELL)?;
        }
        let mut rows = Vec::with_capacity(receipt.rows.len());
        for row in &receipt.rows {
            if let Some(strange) = row.keys().find(|name| !first.contains_key(*name)) {
                return Err(PaperError::Strange(strange.clone()));
            }
            let cells =
                head.iter().map(|name| row.get(name).map_or(Ok(String::new()), |cell| shown(name, cell)));
            rows.push(cells.collect::<Result<Vec<_>, _>>()?);
        }
        let columns = columns(&head, &rows);
        self.down(LEADING);
        self.row(&head, &columns, true);
        for cells in &rows {
            let high = self.high(cells, &columns);
            if self.y - high < MARGIN + LEADING {
                self.down(HIGH);
                self.row(&head, &columns, true);
            }
            self.row(cells, &columns, false);
        }
        Ok(())
    }

    /// How high a row is.
    fn high(&self, cells: &[String], columns: &[f32]) -> f32 {
        let lines =
            cells.iter().zip(columns).map(|(cell, wide)| wrapped(cell, SMALL, wide - 2.0 * PAD).len());
        let lines = u16::try_from(lines.max().unwrap_or(1)).unwrap_or(u16::MAX);
        f32::from(lines) * 13.0 + PAD
    }

    fn row(&mut self, cells: &[String], columns: &[f32], head: bool) {
        let high = self.high(cells, columns);
        if head {
            self.draw(Drawn::Shade { x: MARGIN, y: self.y - high, wide: INNER, high });
        }
        let top = self.y;
        let mut x = MARGIN;
        for (cell, wide) in cells.iter().zip(columns) {
            self.y = top;
            for line in wrapped(cell, SMALL, wide - 2.0 * PAD) {
                self.y -= 13.0;
                self.write(x + PAD, SMALL, 0.0, &line);
            }
            x += wide;
        }
        self.y = top - high;
        self.draw(Drawn::Rule { x: MARGIN, y: self.y, wide: INNER });
    }

    /// Who made it and when, and the stamp over it.
    fn end(&mut self, receipt: &Receipt) {
        let (seal, made) = (&receipt.seal, &receipt.made);
        if seal.is_empty() && made.is_empty() {
            return;
        }
        let high = if seal.is_empty() { 2.0 * LEADING } else { 2.0 * STAMP + LEADING };
        if self.y - high < MARGIN + LEADING {
            self.down(HIGH);
        }
        let middle = self.y - high / 2.0 - LEADING / 2.0;
        let right = MARGIN + INNER;
        for (line, above) in [(seal, LEADING / 2.0), (made, -LEADING / 2.0)] {
            self.y = middle + above;
            let size = BODY;
            self.write(right - width(line, size).clamp(2.0 * STAMP, INNER), size, 0.0, line);
        }
        if !seal.is_empty() {
            self.draw(Drawn::Stamp { x: right - STAMP, y: middle, name: seal.clone() });
        }
    }

    /// With the number of each page at its foot.
    fn numbered(mut self) -> Vec<Page> {
        let of = self.pages.len();
        for (page, number) in self.pages.iter_mut().zip(1..) {
            let text = format!("第 {number} 页  共 {of} 页");
            let x = (WIDE - width(&text, SMALL)) / 2.0;
            page.push(Drawn::Text { x, y: MARGIN / 2.0, size: SMALL, grey: 0.35, text });
        }
        self.pages
    }
}

/// Widths of columns: by their widest text, within what the page has.
fn columns(head: &[String], rows: &[Vec<String>]) -> Vec<f32> {
    const LEAST: f32 = 40.0;
    const MOST: f32 = 200.0;
    let wished: Vec<f32> = head
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| width(cell, SMALL));
            cells.fold(width(name, SMALL), f32::max).clamp(LEAST, MOST) + 2.0 * PAD
        })
        .collect();
    // Where the page is too narrow the widest give way, so that an account number stays on its line.
    let sum = |most: f32| wished.iter().map(|wide| wide.min(most)).sum::<f32>();
    let mut most = MOST + 2.0 * PAD;
    while sum(most) > INNER && most > LEAST {
        most -= 1.0;
    }
    let all = sum(most);
    wished.iter().map(|wide| wide.min(most) * INNER / all).collect()
}
