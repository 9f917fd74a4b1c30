//! Writing a file line by line.

use dsl::evaluate::Value;
use dsl::model::{Fact, Load, Space};
use dsl::program::{FileProgram, MessageProgram, Program};

use super::folds::Folds;
use super::lines::{self, Lines};
use super::{compute, plain, window, write_name};
use crate::codec::chain::stream::Coder;
use crate::codec::environment::{Inside, Programs};
use crate::codec::{Fault, FaultKind, Run, Writer, Wrong, chain, map};
use crate::value::{Record, Surroundings};

/// Writes a file line by line: rows are gone through twice, first for the folds, then for the lines.
pub struct FileWriter<'p> {
    file: &'p FileProgram,
    writer: Writer<'p>,
    lines: Lines,
    /// Rows of each list so far.
    rows: Vec<u32>,
    /// Lengths of scratch and slots before the row that stands in the window.
    before_row: Option<crate::value::Taken>,
    /// The line before had no end yet: the piece whose digests wait for it.
    open_end: Option<usize>,
    /// What it is called, where that is known beforehand.
    name: Option<Box<str>>,
}

impl<'p> FileWriter<'p> {
    /// A writer of a message that is a file of lines; none for a file that is written whole. The record holds the
    /// values of the single lines.
    #[must_use]
    pub fn new(program: &'p Program, message: &'p MessageProgram, record: Record) -> Option<Self> {
        let file = message.file.as_deref().filter(|file| !file.pieces.is_empty())?;
        let mut writer = Writer::new(program, message, record);
        writer.folds = Some(Box::new(Folds::new(file, &program.expressions)));
        Some(FileWriter {
            file,
            writer,
            lines: Lines::of(file),
            rows: vec![0; message.lists.len()],
            before_row: None,
            open_end: None,
            name: None,
        })
    }

    /// The name under which it is put, where that is known beforehand and not made from what it holds.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The pieces in the order in which [`FileWriter::line`] makes them. Where it is not the order of the file, a line
    /// holds a digest or length of lines behind it: each piece's lines go to a place of their own, and are joined in the
    /// order of the file before they go through [`FileWriter::coder`].
    #[must_use]
    pub fn order(&self) -> &'p [u16] {
        &self.file.write_order
    }

    /// The record, and the first slot of the next row of a list, empty: to be filled before `fold` or `line`.
    #[must_use]
    pub fn row(&mut self, list: u16) -> Option<(&mut Record, usize)> {
        self.leave_row();
        let form = self.writer.programs.message.lists.get(usize::from(list))?;
        let record = self.writer.record_mut();
        let base = window(record, usize::from(form.slot), form.stride)?;
        self.before_row = Some(record.taken());
        *self.rows.get_mut(usize::from(list))? += 1;
        Some((self.writer.record_mut(), base))
    }

    /// The record, and the first slot of the row that stands in a list's window.
    #[must_use]
    pub fn window(&mut self, list: u16) -> Option<(&mut Record, usize)> {
        let index = usize::from(self.writer.programs.message.lists.get(usize::from(list))?.slot);
        let base = self.writer.record().rows(index)?.base(0)?;
        Some((self.writer.record_mut(), base))
    }

    /// Makes the next row of a list and fills it from the business row that the surroundings have entered. False: the
    /// row does not count (`where`), and is passed over.
    ///
    /// # Errors
    /// As [`super::super::fill_in`].
    pub fn fill_row(&mut self, list: u16, surroundings: &mut dyn Surroundings) -> Result<bool, Fault> {
        let wrong = plain(FaultKind::Program);
        let programs = self.writer.programs;
        let (record, base) = self.row(list).ok_or(wrong)?;
        let filled = map::fill_row(programs, record, list, base, surroundings)?;
        if !filled && let Some(rows) = self.rows.get_mut(usize::from(list)) {
            *rows = rows.saturating_sub(1);
        }
        Ok(filled)
    }

    /// In what order the business rows fill a list of lines; none: as they stand.
    ///
    /// # Errors
    /// A value of a row that it has not, or that has no order.
    pub fn order_of(&self, list: u16, surroundings: &dyn Surroundings) -> Result<Option<Vec<u32>>, Fault> {
        map::order_of(self.writer.programs, list, surroundings)
    }

    /// Gives the row in the window what the message's own mappings say of it (constants, facts), for a row that was put
    /// there by [`FileWriter::row`].
    ///
    /// # Errors
    /// As [`super::super::fill_in`].
    pub fn map_row(&mut self, list: u16, surroundings: &mut dyn Surroundings) -> Result<(), Fault> {
        let wrong = plain(FaultKind::Program);
        let programs = self.writer.programs;
        let (record, base) = self.row_here(list).ok_or(wrong)?;
        map::fill_row(programs, record, list, base, surroundings).map(drop)
    }

    /// The record, and the first slot of the row in the window.
    #[must_use]
    pub fn row_here(&mut self, list: u16) -> Option<(&mut Record, usize)> {
        let form = self.writer.programs.message.lists.get(usize::from(list))?;
        let record = self.writer.record_mut();
        let base = record.rows(usize::from(form.slot))?.base(0)?;
        Some((self.writer.record_mut(), base))
    }

    /// First pass: adds the row in the window to the folds.
    ///
    /// # Errors
    /// An expression that has no value.
    pub fn fold(&mut self, list: u16, surroundings: &dyn Surroundings) -> Result<(), Fault> {
        self.enter(list, (0, 0));
        self.folds(surroundings, |folds, inside| folds.row(list, inside))
    }

    /// Between the passes: what single lines need of all rows is computed.
    ///
    /// # Errors
    /// As [`Writer::run`].
    pub fn begin(&mut self, surroundings: &mut dyn Surroundings) -> Result<(), Fault> {
        self.leave_row();
        self.rows.fill(0);
        if !self.know_name(surroundings)? {
            // The name is made from what the file holds; what waits for the name is filled behind it.
            let _ = self.fill_singles(surroundings);
            self.know_name(surroundings)?;
        }
        self.fill_singles(surroundings)?;
        self.writer.begin_piece(self.file.write_begin, None);
        self.run(surroundings)
    }

    fn fill_singles(&mut self, surroundings: &mut dyn Surroundings) -> Result<(), Fault> {
        let folds = self.writer.folds.take();
        let programs = self.writer.programs;
        let filled = map::fill_singles(programs, self.writer.record_mut(), folds.as_deref(), surroundings);
        self.writer.folds = folds;
        filled
    }

    /// A control file may say what its file is called: that is known before any line is written. False: not yet. What is
    /// in the way of a name is told when it is asked for.
    fn know_name(&self, surroundings: &mut dyn Surroundings) -> Result<bool, Fault> {
        let fact = |fact: Fact| Load { space: Space::Exchange, level: 0, slot: fact as u16, call: 0 };
        let known = surroundings.load(&fact(Fact::File)).is_ok_and(|name| name.is_present());
        if self.file.control().is_none() || known {
            return Ok(true);
        }
        let name = match &self.name {
            Some(name) => Ok(String::from(&**name)),
            None => self.name(surroundings),
        };
        let Ok(name) = name else { return Ok(false) };
        let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
        for (of, text) in [(Fact::File, &*name), (Fact::FileStem, stem)] {
            surroundings.learn(&fact(of), &Value::text(text)).map_err(|_| plain(FaultKind::Program))?;
        }
        Ok(true)
    }

    /// Second pass: the octets of a piece's line with its end, as they stand in the plain file; of a list, of the row in
    /// the window.
    ///
    /// # Errors
    /// As [`Writer::run`]; a value that would end the line.
    pub fn line(&mut self, piece: usize, surroundings: &mut dyn Surroundings) -> Result<Vec<u8>, Fault> {
        let file = self.file;
        let form = file.lines().get(piece).ok_or(plain(FaultKind::Program))?;
        self.end_before(piece, surroundings)?;
        match form.list {
            Some(list) => self.enter(list, form.write),
            None => {
                self.leave_row();
                self.writer.begin_piece(form.write, None);
            }
        }
        self.run(surroundings)?;
        let end: &[u8] = if file.record.is_some() { b"" } else { file.line_end.as_bytes() };
        let line = self.writer.take_line(end, form.list.is_none().then_some(form.region));
        let length = line.len().saturating_sub(end.len());
        if self.lines.holds_end(line.get(..length).unwrap_or_default()) {
            return Err(plain(FaultKind::CannotFit));
        }
        self.digest(piece, &line, length, surroundings)?;
        Ok(line)
    }

    /// Octets that came out of the chain, in the order in which they are put: a control file may speak of them.
    ///
    /// # Errors
    /// A digest or key that is missing or does not fit.
    pub fn sent(&mut self, octets: &[u8], surroundings: &dyn Surroundings) -> Result<(), Fault> {
        self.folds(surroundings, |folds, inside| folds.sent(octets, inside))
    }

    /// Behind the last line, and when the whole file was [`FileWriter::sent`]: the octets of its control file; none where
    /// it has none.
    ///
    /// # Errors
    /// As [`Writer::run`]; a value that would end the line.
    pub fn control(&mut self, surroundings: &mut dyn Surroundings) -> Result<Option<Vec<u8>>, Fault> {
        let Some((piece, form)) = self.file.control() else { return Ok(None) };
        self.leave_row();
        self.writer.begin_piece(piece.write, None);
        self.run(surroundings)?;
        let end: &[u8] = if form.ended { form.end.as_bytes() } else { b"" };
        let line = self.writer.take_line(end, Some(piece.region));
        let length = line.len().saturating_sub(end.len());
        if lines::holds_one(line.get(..length).unwrap_or_default(), form) {
            return Err(plain(FaultKind::CannotFit));
        }
        Ok(Some(line))
    }

    /// The name under which the file is put.
    ///
    /// # Errors
    /// As [`write_name`].
    pub fn name(&self, surroundings: &mut dyn Surroundings) -> Result<String, Fault> {
        let Programs { program, message } = self.writer.programs;
        write_name(program, message, self.writer.record(), surroundings)
    }

    /// The chain through which the lines go, joined in the order of the file.
    ///
    /// # Errors
    /// A key that is missing or does not fit.
    pub fn coder(&self, surroundings: &dyn Surroundings) -> Result<FileCoder, Fault> {
        let inside = self.writer.inside(surroundings);
        let coder = match self.writer.programs.program.chains.get(self.file.chain as usize) {
            Some(chain) => {
                let made = inside
                    .seals
                    .at_once(surroundings, || Coder::writing(&inside, chain::chosen(&inside, chain)?));
                made.map_err(|wrong: Wrong| plain(wrong.kind))?
            }
            None => Coder::default(),
        };
        let last = if self.file.between { self.file.line_end.len() } else { 0 };
        Ok(FileCoder { coder, last, waiting: Vec::new() })
    }

    /// Octets that it holds now: they do not grow with the file.
    #[must_use]
    pub fn held(&self) -> usize {
        self.lines.held() + self.writer.held()
    }

    /// The record, with what was computed while writing.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.writer.finish().1
    }

    fn folds(
        &mut self,
        surroundings: &dyn Surroundings,
        fold: impl FnOnce(&mut Folds<'p>, &Inside<'_>) -> Result<(), Wrong>,
    ) -> Result<(), Fault> {
        let Some(mut folds) = self.writer.folds.take() else { return Ok(()) };
        let done = fold(&mut folds, &self.writer.inside(surroundings));
        self.writer.folds = Some(folds);
        done.map_err(|wrong| plain(wrong.kind))
    }

    /// Gives back what the row in the window took.
    fn leave_row(&mut self) {
        if let Some(before) = self.before_row.take() {
            self.writer.record_mut().give_back(before);
        }
    }

    /// Where the last line has no end, an end is known only when another line follows.
    fn end_before(&mut self, piece: usize, surroundings: &dyn Surroundings) -> Result<(), Fault> {
        let Some(open) = self.open_end.filter(|open| *open <= piece) else { return Ok(()) };
        let piece = u16::try_from(open).unwrap_or(u16::MAX);
        let end = self.file.line_end.as_bytes();
        self.folds(surroundings, |folds, inside| folds.octets(piece, end, inside))?;
        self.open_end = None;
        Ok(())
    }

    fn digest(
        &mut self,
        piece: usize,
        line: &[u8],
        length: usize,
        surroundings: &dyn Surroundings,
    ) -> Result<(), Fault> {
        let mut now = line;
        if self.file.between {
            self.open_end = Some(self.open_end.map_or(piece, |open| open.max(piece)));
            now = line.get(..length).unwrap_or_default();
        }
        let piece = u16::try_from(piece).unwrap_or(u16::MAX);
        self.folds(surroundings, |folds, inside| folds.octets(piece, now, inside))
    }

    fn enter(&mut self, list: u16, range: (u32, u32)) {
        let form = self.writer.programs.message.lists.get(usize::from(list));
        let row = self.rows.get(usize::from(list)).map_or(0, |rows| rows.saturating_sub(1));
        let entered = form.and_then(|form| {
            let index = usize::from(form.slot);
            let base = self.writer.record().rows(index)?.base(0)?;
            Some((form.level, index, row, base))
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

/// The chain of a file that is written: its lines go in, in the order of the file, and what stands on the wire comes out.
pub struct FileCoder {
    coder: Coder,
    /// Octets of the last line's end, which is not written.
    last: usize,
    waiting: Vec<u8>,
}

impl FileCoder {
    /// Takes the next octets and puts what can be given behind `out`.
    ///
    /// # Errors
    /// More than may be held, where nothing can be given before the end.
    pub fn update(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut sink = |octets: &[u8]| {
            out.extend_from_slice(octets);
            Ok(())
        };
        let pushed = if self.last == 0 {
            self.coder.push(octets, &mut sink)
        } else {
            self.waiting.extend_from_slice(octets);
            let now = self.waiting.len().saturating_sub(self.last);
            let given = self.coder.push(self.waiting.get(..now).unwrap_or_default(), &mut sink);
            self.waiting.drain(..now);
            given
        };
        pushed.map_err(|wrong| plain(wrong.kind))
    }

    /// The end of the file.
    ///
    /// # Errors
    /// What the last coding says (no whole blocks where nothing pads).
    pub fn finish(mut self, surroundings: &dyn Surroundings, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut sink = |octets: &[u8]| {
            out.extend_from_slice(octets);
            Ok(())
        };
        self.coder.finish(surroundings, &mut sink).map_err(|wrong| plain(wrong.kind))
    }

    /// Octets that it holds now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.coder.held() + self.waiting.capacity()
    }
}
