//! Files of lines, streamed: one line is in memory at a time, folds are made while the rows go by (decisions D12).
//!
//! In: octets in pieces of any size, or rows one by one. Out: each line's slots to the caller, or lines of octets. A
//! file under ciphers or compression is held whole, bounded, before its first line is read.

use dsl::evaluate::{self, Value};
use dsl::program::{ExprId, FilePiece, FileProgram, FoldForm, FormatForm, MessageProgram, Part, Program};

use super::environment::Inside;
use super::map;
use super::seals::SealJob;
use super::{Fault, FaultKind, Reader, Run, Writer, Wrong, chain, delimited};
use crate::value::{Record, SCRATCH, Slot, Surroundings};

/// Longest line, and most octets of a file that must be held whole.
const LINE_MAX: usize = 1 << 20;
const WHOLE_MAX: usize = 64 << 20;
const NO_EXPRESSION: ExprId = u32::MAX;

/// A line that was read.
#[derive(Clone, Copy, Debug)]
pub struct LineEvent {
    /// Index of its piece in [`FileProgram::pieces`].
    pub piece: usize,
    /// Number of the line, from 1.
    pub line: u64,
    /// The list it is a row of and the index of the row's first slot; none: a line of its own.
    pub row: Option<(u16, usize)>,
}

/// A fault in a file, with the line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FileFault {
    /// Number of the line, from 1.
    pub line: u64,
    /// What is wrong in it.
    pub fault: Fault,
}

/// What is done with each line that was read.
pub type OnLine<'a> = dyn FnMut(&Record, LineEvent) -> Result<(), Fault> + 'a;

/// Folds over lists of lines.
#[derive(Debug)]
struct Folds {
    forms: Vec<FoldForm>,
    sums: Vec<Value<'static>>,
}

impl Folds {
    fn new(file: &FileProgram) -> Self {
        let sums = vec![Value::Number(0); file.folds.len()];
        Folds { forms: file.folds.clone(), sums }
    }

    fn known(&self) -> Vec<(u32, Value<'static>)> {
        self.forms.iter().map(|form| form.at).zip(self.sums.iter().cloned()).collect()
    }

    /// Adds the row that is entered.
    fn add(&mut self, list: u16, inside: &Inside<'_>) -> Result<(), evaluate::Fault> {
        for (form, sum) in self.forms.iter().zip(&mut self.sums).filter(|(form, _)| form.list == list) {
            if form.filter != NO_EXPRESSION && !inside.truth(form.filter)? {
                continue;
            }
            let each = if form.sum && form.each != NO_EXPRESSION {
                inside.optional(form.each)?.into_owned()
            } else {
                Value::Number(1)
            };
            *sum = added(sum, &each)?;
        }
        Ok(())
    }
}

fn added(sum: &Value<'static>, each: &Value<'static>) -> Result<Value<'static>, evaluate::Fault> {
    Ok(match (sum, each) {
        (_, Value::Absent) => sum.clone(),
        (Value::Number(sum), Value::Number(each)) => {
            Value::Number(sum.checked_add(*each).ok_or(evaluate::Fault::Overflow)?)
        }
        (Value::Number(0), Value::Decimal(each)) => Value::Decimal(*each),
        (Value::Decimal(sum), Value::Decimal(each)) => {
            Value::Decimal(sum.checked_add(*each).ok_or(evaluate::Fault::Overflow)?)
        }
        _ => return Err(evaluate::Fault::Kind),
    })
}

/// Reads a file line by line.
pub struct FileReader<'p> {
    file: &'p FileProgram,
    reader: Reader<'p>,
    pending: Vec<u8>,
    /// The line before the last line end: it waits, since the last line may be another piece.
    held: Option<Vec<u8>>,
    whole: bool,
    piece: usize,
    rows: u64,
    line: u64,
    folds: Folds,
}

impl<'p> FileReader<'p> {
    /// A reader of a message that is a file of lines; none for a file that is read whole.
    #[must_use]
    pub fn new(program: &'p Program, message: &'p MessageProgram) -> Option<Self> {
        let file = message.file.as_deref().filter(|file| !file.pieces.is_empty())?;
        let whole = program
            .chains
            .get(file.chain as usize)
            .is_some_and(|chain| !(chain::is_plain(&chain.first) && chain::is_plain(&chain.otherwise)));
        Some(FileReader {
            file,
            reader: Reader::new(program, message, Record::default()),
            pending: Vec::new(),
            held: None,
            whole,
            piece: 0,
            rows: 0,
            line: 0,
            folds: Folds::new(file),
        })
    }

    /// Takes the next octets of the file.
    ///
    /// # Errors
    /// What is wrong in a line, or what `on_line` says.
    pub fn push(
        &mut self,
        octets: &[u8],
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<(), FileFault> {
        self.pending.extend_from_slice(octets);
        if self.whole {
            let most = if self.pending.len() > WHOLE_MAX { Err(FaultKind::Container) } else { Ok(()) };
            return most.map_err(|kind| self.fault(kind));
        }
        self.lines(surroundings, on_line)
    }

    /// The file's end: reads what is left, and judges what only the whole shows. Gives the record of the single lines.
    ///
    /// # Errors
    /// As [`FileReader::push`]; a line that is missing or left over.
    pub fn finish(
        mut self,
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<Record, FileFault> {
        if self.whole {
            let octets = std::mem::take(&mut self.pending);
            let chains = &self.reader.programs.program.chains;
            let inside = self.reader.inside(surroundings);
            let plain =
                chains.get(self.file.chain as usize).ok_or(FaultKind::Program.into()).and_then(|form| {
                    let codings = chain::chosen(&inside, form)?;
                    chain::invert(&inside, codings, octets)
                });
            self.pending = plain.map_err(|wrong: Wrong| self.fault(wrong.kind))?;
            self.lines(surroundings, on_line)?;
        }
        if !self.pending.is_empty() {
            let rest = std::mem::take(&mut self.pending);
            self.another(rest, surroundings, on_line)?;
        }
        if let Some(last) = self.held.take() {
            self.one_line(&last, true, surroundings, on_line)?;
        }
        self.missing_lines()?;
        self.reader.set_folded(self.folds.known());
        let (at, end) = self.file.read_end;
        self.reader.begin_piece((at, end), crate::value::Span::default(), None);
        self.run(surroundings)?;
        Ok(self.reader.into_record())
    }

    fn missing_lines(&self) -> Result<(), FileFault> {
        for (place, piece) in self.file.pieces.iter().enumerate().skip(self.piece) {
            let fewest =
                piece.list.and_then(|list| self.reader.programs.message.lists.get(usize::from(list)));
            let missing = match fewest {
                Some(list) => list.min > 0 && (place != self.piece || self.rows < u64::from(list.min)),
                None => !(piece.optional || place == self.piece && self.rows > 0),
            };
            if missing {
                return Err(self.fault(FaultKind::Missing));
            }
        }
        Ok(())
    }

    fn fault(&self, kind: FaultKind) -> FileFault {
        FileFault { line: self.line, fault: Fault { op: 0, at: 0, kind } }
    }

    fn ends(&self) -> Vec<&'p [u8]> {
        std::iter::once(&self.file.line_end).chain(&self.file.tolerated).map(|end| end.as_bytes()).collect()
    }

    fn lines(
        &mut self,
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<(), FileFault> {
        let ends = self.ends();
        let longest = ends.iter().map(|end| end.len()).max().unwrap_or(1);
        let mut from = 0;
        let pending = std::mem::take(&mut self.pending);
        // Line ends are signs below any later octet of a character, so that they can be looked for octet by octet.
        let mut at = 0;
        while at < pending.len() {
            let rest = pending.get(at..).unwrap_or_default();
            if let Some(end) = ends.iter().filter(|end| rest.starts_with(end)).max_by_key(|end| end.len()) {
                if rest.len() < longest && !self.whole && ends.iter().any(|other| other.len() > rest.len()) {
                    break;
                }
                let line = pending.get(from..at).unwrap_or_default().to_vec();
                at += end.len();
                from = at;
                self.another(line, surroundings, on_line)?;
            } else {
                at += 1;
            }
        }
        self.pending = pending.get(from..).unwrap_or_default().to_vec();
        if self.pending.len() > LINE_MAX { Err(self.fault(FaultKind::TooLong)) } else { Ok(()) }
    }

    fn another(
        &mut self,
        line: Vec<u8>,
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<(), FileFault> {
        match self.held.replace(line) {
            Some(before) => self.one_line(&before, false, surroundings, on_line),
            None => Ok(()),
        }
    }

    /// Which piece a line is: by its constant, else by the count of the head, else the last line is the tail.
    fn piece_of(&self, line: &[u8], last: bool) -> Option<usize> {
        let mut place = self.piece;
        loop {
            let piece = self.file.pieces.get(place)?;
            let later = self.file.pieces.get(place + 1);
            let fits = match (&piece.mark, later.and_then(|later| later.mark.as_ref())) {
                (Some(mark), _) => self.has_mark(piece, line, mark),
                (None, Some(mark)) if piece.list.is_some() || piece.optional => {
                    !self.has_mark(piece, line, mark)
                }
                _ => true,
            };
            let full = match piece.list {
                Some(_) => {
                    let counted = self.counted(piece);
                    let rows = if place == self.piece { self.rows } else { 0 };
                    counted.is_some_and(|counted| rows >= counted)
                        || (counted.is_none()
                            && piece.mark.is_none()
                            && last
                            && later.is_some_and(|later| later.list.is_none() && !later.optional))
                }
                None => place == self.piece && self.rows > 0,
            };
            if fits && !full {
                return Some(place);
            }
            let done = full || piece.optional || piece.list.is_some();
            if !done {
                return None;
            }
            place += 1;
        }
    }

    fn counted(&self, piece: &FilePiece) -> Option<u64> {
        let list = self.reader.programs.message.lists.get(usize::from(piece.list?))?;
        match self.reader.record.value(usize::from(list.counted_by?)).ok()? {
            Value::Number(count) => u64::try_from(count).ok(),
            _ => None,
        }
    }

    fn has_mark(&self, piece: &FilePiece, line: &[u8], (at, text): &(u32, Box<str>)) -> bool {
        let programs = self.reader.programs;
        let read = programs.message.read.get(piece.read.0 as usize..).unwrap_or_default();
        let format = read.iter().find_map(|op| match op {
            dsl::program::Read::Enter { format, .. } => programs.program.formats.get(*format as usize),
            _ => None,
        });
        let Some(form @ FormatForm::Delimited(_)) = format else {
            return line.get(*at as usize..).is_some_and(|rest| rest.starts_with(text.as_bytes()));
        };
        let signs = delimited::signs(form);
        let charset = super::parse::charset_named(&programs.message.charset);
        let mut rest = line;
        for field in 0..=*at {
            let Ok(found) = delimited::find(rest, &signs, None, charset) else { return false };
            if field == *at {
                return rest.get(..found.length) == Some(text.as_bytes());
            }
            rest = rest.get(found.length + found.sign..).unwrap_or_default();
        }
        false
    }

    fn one_line(
        &mut self,
        line: &[u8],
        last: bool,
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<(), FileFault> {
        self.line += 1;
        let place = self.piece_of(line, last).ok_or_else(|| self.fault(FaultKind::LeftOver))?;
        if place != self.piece {
            (self.piece, self.rows) = (place, 0);
        }
        let piece = self.file.pieces.get(place).ok_or_else(|| self.fault(FaultKind::Program))?;
        let (scratch, record) = (self.reader.record.scratch.len(), &mut self.reader.record);
        record.set_part(Part::Content, bytes::Bytes::copy_from_slice(line));
        let span = record.part_span(Part::Content);
        let row = match piece.list {
            Some(list) => Some((list, self.row_window(list)?)),
            None => None,
        };
        let entered = match row {
            Some((list, base)) => {
                let form = self.reader.programs.message.lists.get(usize::from(list));
                form.map(|form| {
                    (form.level, usize::from(form.slot), u32::try_from(self.rows).unwrap_or(0), base)
                })
            }
            None => None,
        };
        self.reader.begin_piece(piece.read, span, entered);
        self.reader.set_folded(self.folds.known());
        self.run(surroundings)?;
        self.rows += 1;
        if let Some((list, _)) = row {
            let folded = self.folds.add(list, &self.reader.inside(surroundings));
            folded.map_err(|fault| self.fault(fault.into()))?;
        }
        let event = LineEvent { piece: place, line: self.line, row };
        on_line(&self.reader.record, event).map_err(|fault| FileFault { line: self.line, fault })?;
        if row.is_some() {
            self.reader.record.scratch.truncate(scratch);
        } else {
            self.settle()?;
        }
        Ok(())
    }

    /// One row is kept at a time, at the same place.
    fn row_window(&mut self, list: u16) -> Result<usize, FileFault> {
        let wrong = self.fault(FaultKind::Program);
        let form = self.reader.programs.message.lists.get(usize::from(list)).ok_or(wrong)?;
        if self.rows >= u64::from(form.max) {
            return Err(self.fault(FaultKind::TooManyRows));
        }
        window(&mut self.reader.record, usize::from(form.slot), form.stride).ok_or(wrong)
    }

    /// Values of a line that stays go to scratch, as its octets are given back.
    fn settle(&mut self) -> Result<(), FileFault> {
        for index in 0..usize::from(self.reader.programs.message.slots) {
            let slot = self.reader.record.slot(index);
            let Some(span) = slot.span().filter(|span| span.buffer != SCRATCH && !span.is_empty()) else {
                continue;
            };
            let octets = self.reader.record.octets(span).to_vec();
            let kept = self.reader.record.keep(&octets).map_err(|fault| self.fault(fault.into()))?;
            let moved = Slot { buffer: kept.buffer, at: kept.start, ..slot };
            let _ = self.reader.record.put(index, moved);
        }
        Ok(())
    }

    fn run(&mut self, surroundings: &mut dyn Surroundings) -> Result<(), FileFault> {
        loop {
            match self.reader.run(surroundings) {
                Run::Done => return Ok(()),
                Run::Need(job) => self.reader.resume(compute(&job, surroundings)),
                Run::Fault(fault) => return Err(FileFault { line: self.line, fault }),
            }
        }
    }
}

fn compute(job: &SealJob, surroundings: &dyn Surroundings) -> super::SealResult {
    job.run(&mut |octets| surroundings.random(octets))
}

/// The one row of a list's window, empty.
fn window(record: &mut Record, index: usize, stride: u16) -> Option<usize> {
    if record.rows(index).is_none() {
        record.begin_list(index, stride, 1).ok()?;
        return record.append_row(index, 1).ok();
    }
    let base = record.rows(index)?.base(0)?;
    record.slots.get_mut(base..base + usize::from(stride))?.fill(Slot::default());
    Some(base)
}

/// Writes a file line by line: rows are gone through twice, first for the folds, then for the lines.
pub struct FileWriter<'p> {
    file: &'p FileProgram,
    writer: Writer<'p>,
    folds: Folds,
    rows: u64,
}

impl<'p> FileWriter<'p> {
    /// A writer of a message that is a file of lines; none for a file that is written whole. The record holds the
    /// values of the single lines.
    #[must_use]
    pub fn new(program: &'p Program, message: &'p MessageProgram, record: Record) -> Option<Self> {
        let file = message.file.as_deref().filter(|file| !file.pieces.is_empty())?;
        Some(FileWriter {
            file,
            writer: Writer::new(program, message, record),
            folds: Folds::new(file),
            rows: 0,
        })
    }

    /// The record, and the first slot of the next row of a list, empty: to be filled before `fold` or `line`.
    #[must_use]
    pub fn row(&mut self, list: u16) -> Option<(&mut Record, usize)> {
        let form = self.writer.programs.message.lists.get(usize::from(list))?;
        let base = window(self.writer.record_mut(), usize::from(form.slot), form.stride)?;
        self.rows += 1;
        Some((self.writer.record_mut(), base))
    }

    /// Makes the next row of a list and fills it from the business row that the surroundings have entered.
    ///
    /// # Errors
    /// As [`super::fill_in`].
    pub fn fill_row(&mut self, list: u16, surroundings: &mut dyn Surroundings) -> Result<(), Fault> {
        let wrong = Fault { op: 0, at: 0, kind: FaultKind::Program };
        let programs = self.writer.programs;
        let form = programs.message.lists.get(usize::from(list)).ok_or(wrong)?;
        let (record, base) = self.row(list).ok_or(wrong)?;
        map::fill_row(programs, record, (form.level, form.slot), base, surroundings)
    }

    /// First pass: adds the row in the window to the folds.
    ///
    /// # Errors
    /// An expression that has no value.
    pub fn fold(&mut self, list: u16, surroundings: &dyn Surroundings) -> Result<(), Fault> {
        self.enter(list, (0, 0));
        let added = self.folds.add(list, &self.writer.inside(surroundings));
        added.map_err(|fault| Fault { op: 0, at: 0, kind: fault.into() })
    }

    /// Between the passes: what the head needs of all rows is computed.
    ///
    /// # Errors
    /// As [`Writer::run`].
    pub fn begin(&mut self, surroundings: &mut dyn Surroundings) -> Result<(), Fault> {
        self.rows = 0;
        let (programs, folded) = (self.writer.programs, self.folds.known());
        map::fill_singles(programs, self.writer.record_mut(), &folded, surroundings)?;
        self.writer.set_folded(folded);
        self.writer.begin_piece(self.file.write_begin, None);
        self.run(surroundings)
    }

    /// Second pass: the octets of a piece's line with its line end; of a list, of the row in the window.
    ///
    /// # Errors
    /// As [`Writer::run`].
    pub fn line(&mut self, piece: usize, surroundings: &mut dyn Surroundings) -> Result<Vec<u8>, Fault> {
        let wrong = Fault { op: 0, at: 0, kind: FaultKind::Program };
        let form = self.file.pieces.get(piece).ok_or(wrong)?;
        match form.list {
            Some(list) => self.enter(list, form.write),
            None => self.writer.begin_piece(form.write, None),
        }
        self.writer.set_folded(self.folds.known());
        self.run(surroundings)?;
        let mut line = self.writer.take_line();
        line.extend_from_slice(self.file.line_end.as_bytes());
        Ok(line)
    }

    fn enter(&mut self, list: u16, range: (u32, u32)) {
        let form = self.writer.programs.message.lists.get(usize::from(list));
        let entered = form.and_then(|form| {
            let index = usize::from(form.slot);
            let base = self.writer.record().rows(index)?.base(0)?;
            Some((form.level, index, u32::try_from(self.rows.saturating_sub(1)).unwrap_or(u32::MAX), base))
        });
        self.writer.begin_piece(range, entered);
    }

    fn run(&mut self, surroundings: &mut dyn Surroundings) -> Result<(), Fault> {
        loop {
            match self.writer.run(surroundings) {
                Run::Done => return Ok(()),
                Run::Need(job) => self.writer.resume(compute(&job, surroundings)),
                Run::Fault(fault) => return Err(fault),
            }
        }
    }
}
