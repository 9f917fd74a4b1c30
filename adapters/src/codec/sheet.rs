//! Spreadsheets: the first sheet of a workbook, or comma-separated values, as rows of texts.
//!
//! In and out: octets of a workbook (Office Open XML, ISO/IEC 29500: `.xlsx`), and rows in UTF-8 with a tab between cells, a line
//! feed behind each row and `\` before such a sign inside a cell. Who sends comma-separated values (RFC 4180) instead is
//! read too, in UTF-8 or GB 18030; written is always a workbook, each cell as text. It must not know what the columns mean.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};

use super::{FaultKind, Wrong};

/// Most rows that are read.
const ROWS_MAX: usize = 200_000;
/// Most columns that are read.
const COLUMNS_MAX: usize = 256;
/// Most octets that all cells have.
const CELLS_MAX: usize = 64 << 20;
/// Begins every workbook: it is a zip.
const ZIP_MARK: &[u8] = b"PK\x03\x04";
/// Begins UTF-8 where spreadsheet programs write it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Rows of a workbook or of comma-separated values. Rows without any text are left out; each has at least as many cells
/// as the first.
pub(crate) fn unpack(octets: &[u8]) -> Result<Vec<u8>, Wrong> {
    let mut rows = Rows::default();
    if octets.starts_with(ZIP_MARK) {
        // What a workbook claims of its sizes need not be so: it is unpacked within bounds before anybody trusts them.
        super::zip::unpack(octets, None, true)?;
        of_workbook(octets, &mut rows).map_err(|_| FaultKind::Container)?;
    } else {
        of_commas(octets, &mut rows)?;
    }
    rows.end()
}

fn of_workbook(octets: &[u8], rows: &mut Rows) -> Result<(), calamine::XlsxError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(octets))?;
    let Some(name) = book.sheet_names().first().cloned() else { return Ok(()) };
    let mut cells = book.worksheet_cells_reader(&name)?;
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        if !rows.put(row as usize, column as usize, text_of(cell.get_value())) {
            break;
        }
    }
    Ok(())
}

/// A cell as people see it, without what a format adds: figures without signs for thousands, dates `2026-11-23`.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            if (hour, minute, second) == (0, 0, 0) {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
            }
        }
        DataRef::DateTime(span) => span.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn of_commas(octets: &[u8], rows: &mut Rows) -> Result<(), Wrong> {
    let octets = octets.strip_prefix(BYTE_ORDER_MARK).unwrap_or(octets);
    let text = match std::str::from_utf8(octets) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling_and_without_replacement(octets)
            .ok_or(FaultKind::Character)?,
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|_| FaultKind::Container)?;
        for (column, cell) in record.iter().enumerate() {
            if !rows.put(row, column, cell.to_owned()) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Rows as they are taken, cell by cell.
#[derive(Default)]
struct Rows {
    out: Vec<u8>,
    /// Columns of the first row that has any text.
    width: usize,
    row: Vec<String>,
    at: usize,
    count: usize,
    too_many: bool,
}

impl Rows {
    /// Puts a cell; false where nothing more can be taken.
    fn put(&mut self, row: usize, column: usize, text: String) -> bool {
        if row != self.at {
            self.close();
            self.at = row;
        }
        self.too_many |= column >= COLUMNS_MAX || self.count > ROWS_MAX || self.out.len() > CELLS_MAX;
        if self.too_many {
            return false;
        }
        if self.row.len() <= column {
            self.row.resize(column + 1, String::new());
        }
        if let Some(cell) = self.row.get_mut(column) {
            *cell = text;
        }
        true
    }

    fn close(&mut self) {
        let mut row = std::mem::take(&mut self.row);
        while row.last().is_some_and(|cell| cell.trim().is_empty()) {
            row.pop();
        }
        if row.is_empty() {
            return;
        }
        if self.count == 0 {
            self.width = row.len();
        }
        self.count += 1;
        row.resize(row.len().max(self.width), String::new());
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                self.out.push(b'\t');
            }
            for sign in cell.trim().chars() {
                if matches!(sign, '\t' | '\n' | '\\') {
                    self.out.push(b'\\');
                }
                let mut octets = [0; 4];
                self.out.extend_from_slice(sign.encode_utf8(&mut octets).as_bytes());
            }
        }
        self.out.push(b'\n');
    }

    fn end(mut self) -> Result<Vec<u8>, Wrong> {
        self.close();
        if self.too_many || self.count > ROWS_MAX || self.out.len() > CELLS_MAX {
            return Err(FaultKind::Container.into());
        }
        Ok(self.out)
    }
}

/// A workbook of one sheet with these rows: the first stands out and stays in sight. Equal rows give equal octets.
pub(crate) fn pack(rows: &[u8]) -> Result<Vec<u8>, Wrong> {
    let text = std::str::from_utf8(rows).map_err(|_| FaultKind::Character)?;
    workbook(text).map_err(|_| FaultKind::CannotFit.into())
}

fn workbook(text: &str) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    // The moment of its making would make each copy another file.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let (head, plain) = (Format::new().set_bold(), Format::new());
    let sheet = book.add_worksheet();
    sheet.set_freeze_panes(1, 0)?;
    let (mut row, mut column, mut cell) = (0_u32, 0_u16, String::new());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => cell.extend(signs.next()),
            '\t' | '\n' => {
                let format = if row == 0 { &head } else { &plain };
                sheet.write_string_with_format(row, column, std::mem::take(&mut cell), format)?;
                (row, column) = if sign == '\t' { (row, column + 1) } else { (row + 1, 0) };
            }
            other => cell.push(other),
        }
    }
    sheet.autofit();
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROWS: &str = "序号\t姓名\t应缴金额\n1\t王小明\t2500.00\n2\t李\\\t\\\\四\t0.10\n";

    #[test]
    fn rows_come_back_as_they_went() {
        let packed = pack(ROWS.as_bytes()).unwrap();
        assert_eq!(pack(ROWS.as_bytes()).unwrap(), packed, "each copy is the same file");
        assert_eq!(String::from_utf8(unpack(&packed).unwrap()).unwrap(), ROWS);
    }

    #[test]
    fn commas_are_read_in_both_charsets() {
        let text = "序号,姓名,备注(选填)\r\n1,王小明\r\n\r\n2,\"李,四\",\"两\n行\"\r\n";
        let rows = "序号\t姓名\t备注(选填)\n1\t王小明\t\n2\t李,四\t两\\\n行\n";
        let (chinese, _, _) = encoding_rs::GB18030.encode(text);
        for octets in [text.as_bytes(), &chinese, &[BYTE_ORDER_MARK, text.as_bytes()].concat()] {
            assert_eq!(String::from_utf8(unpack(octets).unwrap()).unwrap(), rows);
        }
        assert!(unpack(b"\xff\xff\xff").is_err());
    }

    #[test]
    fn figures_and_dates_are_read_as_people_see_them() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let (thousands, day) =
            (Format::new().set_num_format("#,##0.00"), Format::new().set_num_format("yyyy/m/d"));
        sheet.write_number_with_format(2, 1, 2500.5, &thousands).unwrap();
        sheet.write_number(2, 2, 13_800_138_000_f64).unwrap();
        let date = ExcelDateTime::from_ymd(2026, 11, 23).unwrap();
        sheet.write_datetime_with_format(2, 3, &date, &day).unwrap();
        sheet.write_boolean(2, 4, true).unwrap();
        let rows = unpack(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!(String::from_utf8(rows).unwrap(), "\t2500.5\t13800138000\t2026-11-23\tTRUE\n");
    }

    #[test]
    fn a_workbook_cannot_take_more_than_its_bounds() {
        let mut book = Workbook::new();
        book.add_worksheet().write_string(0, 300, "far").unwrap();
        assert!(unpack(&book.save_to_buffer().unwrap()).is_err());
        // One cell at the far end does not make a million rows.
        let mut book = Workbook::new();
        book.add_worksheet().write_string(1_048_575, 0, "far").unwrap();
        assert_eq!(unpack(&book.save_to_buffer().unwrap()).unwrap(), b"far\n");
        assert!(unpack(b"PK\x03\x04nothing").is_err());
    }

    proptest! {
        #[test]
        fn any_rows_come_back(cells in prop::collection::vec(prop::collection::vec("[a-z0-9中文\\\\\t\n,\"<&]{1,8}", 3), 1..20)) {
            let mut rows = Rows::default();
            for (row, cells) in cells.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate() {
                    let taken = rows.put(row, column, ["x", cell, "x"].concat());
                    prop_assert!(taken);
                }
            }
            let text = rows.end().unwrap();
            prop_assert_eq!(unpack(&pack(&text).unwrap()).unwrap(), text);
        }

        #[test]
        fn any_octets_are_answered(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _any = unpack(&octets);
        }
    }
}
