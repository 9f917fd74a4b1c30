//! Reading a file line by line.

use dsl::evaluate::Value;
use dsl::program::{FilePiece, FileProgram, FormatForm, MessageProgram, Part, Program, Read};

use super::folds::Folds;
use super::lines::{self, Line, Lines};
use super::{FileFault, compute, plain, window, write_name};
use crate::codec::chain::stream::{Coder, Sink};
use crate::codec::environment::{Inside, Programs};
use crate::codec::map::{self, TakenRow};
use crate::codec::parse::charset_named;
use crate::codec::{Fault, FaultKind, Judged, ReadOutcome, Reader, Run, Wrong, chain, delimited};
use crate::value::{Record, Span, Surroundings};

/// A line that was read.
#[derive(Debug)]
pub struct LineEvent {
    /// Index of its piece in [`FileProgram::pieces`].
    pub piece: usize,
    /// Number of the line, from 1.
    pub line: u64,
    /// The list it is a row of and the index of the row's first slot; none: a line of its own.
    pub row: Option<(u16, usize)>,
    /// What the message's mappings make of the row; none: nobody takes it, or it does not count.
    pub taken: Option<TakenRow>,
}

/// What is done with each line that was read. The record holds what the single lines before it say, and the row.
pub type OnLine<'a> = dyn FnMut(&Record, LineEvent) -> Result<(), Fault> + 'a;

/// Reads a file line by line.
pub struct FileReader<'p> {
    file: &'p FileProgram,
    reader: Reader<'p>,
    name: Option<Box<str>>,
    coder: Option<Coder>,
    lines: Option<Lines>,
    /// The last line so far: it waits, since the last line of all may be another piece.
    held: Option<Line>,
    piece: usize,
    rows: u64,
    line: u64,
    /// Its control file was read, where it has one.
    controlled: bool,
}

impl<'p> FileReader<'p> {
    /// A reader of a message that is a file of lines; none for a file that is read whole.
    #[must_use]
    pub fn new(program: &'p Program, message: &'p MessageProgram) -> Option<Self> {
        let file = message.file.as_deref().filter(|file| !file.pieces.is_empty())?;
        let mut reader = Reader::new(program, message, Record::default());
        reader.folds = Some(Box::new(Folds::new(file, &program.expressions)));
        Some(FileReader {
            file,
            reader,
            name: None,
            coder: None,
            lines: Some(Lines::of(file)),
            held: None,
            piece: 0,
            rows: 0,
            line: 0,
            controlled: file.control().is_none(),
        })
    }

    /// The name under which the file was found, to which its content must agree. [`super::read_name`] has read it into
    /// the surroundings.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether it waits for a control file.
    #[must_use]
    pub fn has_control(&self) -> bool {
        !self.controlled
    }

    /// Reads the file without its control file, where there is only the one to look at.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.controlled = true;
        self
    }

    /// Goes on where something does not agree, as [`Reader::watched`].
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.reader = self.reader.watched();
        self
    }

    /// How judgements ended, if it is watched: of single lines, and those of rows that were wrong.
    #[must_use]
    pub fn judged(&self) -> &[Judged] {
        self.reader.judged()
    }

    /// The octets of the file's control file: read before the file itself, and held against it when that was read to its
    /// end. A file that has one cannot be finished without.
    ///
    /// # Errors
    /// What is wrong in it; a message that has none.
    pub fn control(&mut self, octets: &[u8], surroundings: &mut dyn Surroundings) -> Result<(), FileFault> {
        let Some((piece, form)) = self.file.control() else { return Err(self.fault(FaultKind::LeftOver)) };
        self.coder = Some(self.begun(surroundings)?);
        let length = lines::without_end(octets, form).map_err(|kind| self.fault(kind))?;
        self.reader.record.set_part(Part::Content, bytes::Bytes::copy_from_slice(octets));
        let whole = self.reader.record.part_span(Part::Content);
        self.reader.begin_piece(piece.read, whole.within(0, length), None);
        self.run(surroundings)?;
        self.controlled = true;
        self.settle(piece.region.map(|region| (region, whole)))
    }

    /// Takes the next octets of the file.
    ///
    /// # Errors
    /// What is wrong in a line, or what `on_line` says. Octets that are not of their coding are a fault of the line in
    /// which they show.
    pub fn push(
        &mut self,
        octets: &[u8],
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<(), FileFault> {
        let mut coder = self.begun(surroundings)?;
        self.fold(surroundings, |folds, inside| folds.sent(octets, inside))?;
        let done = self.through(surroundings, on_line, |sink| coder.push(octets, sink));
        self.coder = Some(coder);
        done
    }

    /// The file's end: reads what is left, and judges what only the whole shows.
    ///
    /// # Errors
    /// As [`FileReader::push`]; a line that is missing, not whole or left over; a name that does not agree.
    pub fn finish(
        &mut self,
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<(), FileFault> {
        if !self.controlled {
            return Err(self.fault(FaultKind::Missing));
        }
        let mut coder = self.begun(surroundings)?;
        let mut rest = Vec::new();
        let ended = coder.finish(surroundings, &mut |octets| {
            rest.extend_from_slice(octets);
            Ok(())
        });
        ended.map_err(|wrong| self.fault(wrong.kind))?;
        self.through(surroundings, on_line, |sink| sink(&rest))?;
        if let Some(line) = self.lines.as_mut().and_then(Lines::rest) {
            self.another(line, surroundings, on_line)?;
        }
        if let Some(last) = self.held.take() {
            let whole = self.file.record.is_some() || (last.end == 0) == self.file.between;
            if !whole {
                self.line += 1;
                let kind = if last.end == 0 { FaultKind::Truncated } else { FaultKind::LeftOver };
                return Err(self.fault(kind));
            }
            self.one_line(last, true, surroundings, on_line)?;
        }
        self.missing_lines()?;
        self.reader.begin_piece(self.file.read_end, Span::default(), None);
        self.run(surroundings)?;
        self.agree_with_name(surroundings)
    }

    /// What stands outside of lists goes to the business, once all is read. (Rows were taken line by line.)
    ///
    /// # Errors
    /// As [`super::super::take_out`].
    pub fn take_singles(&mut self, surroundings: &mut dyn Surroundings) -> Result<(), Fault> {
        let Reader { programs, record, folds, .. } = &mut self.reader;
        map::take_singles(*programs, record, folds.as_deref(), surroundings)
    }

    /// What the file says of the outcome.
    #[must_use]
    pub fn outcome(&self) -> ReadOutcome {
        self.reader.outcome()
    }

    /// What the single lines say, also after a fault.
    #[must_use]
    pub fn record(&self) -> &Record {
        self.reader.record()
    }

    /// What the single lines say.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.reader.into_record()
    }

    /// Octets that it holds now: they do not grow with the file.
    #[must_use]
    pub fn held(&self) -> usize {
        let coder = self.coder.as_ref().map_or(0, Coder::held);
        let lines = self.lines.as_ref().map_or(0, Lines::held);
        let line = self.held.as_ref().map_or(0, |line| line.octets.capacity());
        coder + lines + line + self.reader.held()
    }

    /// The chain under way; the first time also what the name carries is read.
    fn begun(&mut self, surroundings: &mut dyn Surroundings) -> Result<Coder, FileFault> {
        if let Some(coder) = self.coder.take() {
            return Ok(coder);
        }
        let data = self.file.name_read;
        if let (Some(name), true) = (&self.name, data.1 > data.0) {
            let name = name.strip_suffix(&*self.file.name_ending).unwrap_or_default();
            let charset = charset_named(&self.reader.programs.message.charset);
            let octets =
                crate::charset::encode(charset, name).map_err(|_| self.fault(FaultKind::Character))?;
            self.reader.record.set_part(Part::Name, bytes::Bytes::from(octets.into_owned()));
            let span = self.reader.record.part_span(Part::Name);
            self.reader.begin_piece(data, span, None);
            self.run(surroundings)?;
            self.settle(None)?;
        }
        let chain = self.reader.programs.program.chains.get(self.file.chain as usize);
        let Some(chain) = chain else { return Ok(Coder::default()) };
        let inside = self.reader.inside(surroundings);
        let made =
            inside.seals.at_once(surroundings, || Coder::reading(&inside, chain::chosen(&inside, chain)?));
        made.map_err(|wrong: Wrong| self.fault(wrong.kind))
    }

    /// Feeds what comes out of the chain to the lines.
    fn through(
        &mut self,
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
        feed: impl FnOnce(&mut Sink<'_>) -> Result<(), Wrong>,
    ) -> Result<(), FileFault> {
        let Some(mut lines) = self.lines.take() else { return Err(self.fault(FaultKind::Program)) };
        let mut told = None;
        let fed = feed(&mut |octets| {
            let done =
                lines.push(octets, &mut |line| self.another(line, surroundings, on_line).map_err(Stop::Told));
            done.map_err(|stop| match stop {
                Stop::Told(fault) => {
                    told = Some(fault);
                    FaultKind::Program.into()
                }
                Stop::Found(kind) => kind.into(),
            })
        });
        self.lines = Some(lines);
        match (fed, told) {
            (_, Some(fault)) => Err(fault),
            (Err(wrong), None) => Err(FileFault { line: self.line + 1, fault: plain(wrong.kind) }),
            (Ok(()), None) => Ok(()),
        }
    }

    fn missing_lines(&self) -> Result<(), FileFault> {
        for (place, piece) in self.file.lines().iter().enumerate().skip(self.piece) {
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
        FileFault { line: self.line, fault: plain(kind) }
    }

    fn another(
        &mut self,
        line: Line,
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<(), FileFault> {
        match self.held.replace(line) {
            Some(before) => self.one_line(before, false, surroundings, on_line),
            None => Ok(()),
        }
    }

    /// Which piece a line is: by its constant, else by the count of the head, else the last line is the tail.
    fn piece_of(&self, line: &[u8], last: bool) -> Option<usize> {
        let mut place = self.piece;
        loop {
            let piece = self.file.lines().get(place)?;
            let later = self.file.lines().get(place + 1);
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
                            && later.is_some_and(|later| {
                                later.list.is_none() && !later.optional && later.mark.is_none()
                            }))
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
            Read::Enter { format, .. } => programs.program.formats.get(*format as usize),
            _ => None,
        });
        let Some(form @ FormatForm::Delimited(_)) = format else {
            return line.get(*at as usize..).is_some_and(|rest| rest.starts_with(text.as_bytes()));
        };
        let signs = delimited::signs(form);
        let charset = charset_named(&programs.message.charset);
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
        line: Line,
        last: bool,
        surroundings: &mut dyn Surroundings,
        on_line: &mut OnLine<'_>,
    ) -> Result<(), FileFault> {
        self.line += 1;
        let plain_line = line.octets.get(..line.length()).unwrap_or_default();
        let place = self.piece_of(plain_line, last).ok_or_else(|| self.fault(FaultKind::LeftOver))?;
        if place != self.piece {
            (self.piece, self.rows) = (place, 0);
        }
        let file = self.file;
        let piece = file.pieces.get(place).ok_or_else(|| self.fault(FaultKind::Program))?;
        let length = line.length();
        self.reader.record.set_part(Part::Content, bytes::Bytes::from(line.octets));
        let whole = self.reader.record.part_span(Part::Content);
        let Some(list) = piece.list else {
            self.reader.begin_piece(piece.read, whole.within(0, length), None);
            self.run(surroundings)?;
            self.rows += 1;
            self.digest(place, whole, surroundings)?;
            let event = LineEvent { piece: place, line: self.line, row: None, taken: None };
            self.told(on_line, event)?;
            return self.settle(piece.region.map(|region| (region, whole)));
        };
        let base = self.row_window(list)?;
        let before = self.reader.record.taken();
        let form = self.reader.programs.message.lists.get(usize::from(list));
        let number = u32::try_from(self.rows).unwrap_or(u32::MAX);
        let entered = form.map(|form| (form.level, usize::from(form.slot), number, base));
        self.reader.begin_piece(piece.read, whole.within(0, length), entered);
        self.run(surroundings)?;
        self.rows += 1;
        self.digest(place, whole, surroundings)?;
        self.fold(surroundings, |folds, inside| folds.row(list, inside))?;
        let programs = self.reader.programs;
        let taken = map::take_row(programs, &mut self.reader.record, list, (number, base), surroundings);
        let taken = taken.map_err(|fault| FileFault { line: self.line, fault })?;
        self.told(on_line, LineEvent { piece: place, line: self.line, row: Some((list, base)), taken })?;
        self.reader.forget_row(before);
        // Nothing of it may be taken for a value of a later line.
        if let Some(form) = form {
            window(&mut self.reader.record, usize::from(form.slot), form.stride);
        }
        Ok(())
    }

    fn told(&self, on_line: &mut OnLine<'_>, event: LineEvent) -> Result<(), FileFault> {
        on_line(&self.reader.record, event).map_err(|fault| FileFault { line: self.line, fault })
    }

    fn digest(&mut self, piece: usize, line: Span, surroundings: &dyn Surroundings) -> Result<(), FileFault> {
        let piece = u16::try_from(piece).unwrap_or(u16::MAX);
        self.fold(surroundings, |folds, inside| folds.octets(piece, inside.record.octets(line), inside))
    }

    fn fold(
        &mut self,
        surroundings: &dyn Surroundings,
        fold: impl FnOnce(&mut Folds<'p>, &Inside<'_>) -> Result<(), Wrong>,
    ) -> Result<(), FileFault> {
        let Some(mut folds) = self.reader.folds.take() else { return Ok(()) };
        let done = fold(&mut folds, &self.reader.inside(surroundings));
        self.reader.folds = Some(folds);
        done.map_err(|wrong| self.fault(wrong.kind))
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

    /// Values of a line that stays go to scratch, as its octets are given back; so does the line, if it is spoken of.
    fn settle(&mut self, whole: Option<(u16, Span)>) -> Result<(), FileFault> {
        let kept = self.reader.settle(whole);
        kept.map_err(|fault| self.fault(fault.into()))
    }

    /// What the content says must be what the name says.
    fn agree_with_name(&mut self, surroundings: &mut dyn Surroundings) -> Result<(), FileFault> {
        let Some(name) = self.name.as_deref().filter(|_| !self.file.name.is_empty()) else { return Ok(()) };
        let Programs { program, message } = self.reader.programs;
        let written = write_name(program, message, &self.reader.record, surroundings);
        match written {
            Ok(written) if written == name => Ok(()),
            Ok(_) => Err(FileFault { line: 0, fault: plain(FaultKind::Disagrees) }),
            Err(fault) => Err(FileFault { line: 0, fault }),
        }
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

/// Why lines are not gone on with.
enum Stop {
    /// A line was wrong.
    Told(FileFault),
    /// What should be a line is none.
    Found(FaultKind),
}

impl From<FaultKind> for Stop {
    fn from(kind: FaultKind) -> Self {
        Stop::Found(kind)
    }
}
