//! Segment texts and tag=value texts: the signs that part them, as a `delimited` item says.

/// A `delimited` item.
#[derive(Clone, PartialEq, Hash, Debug, Default)]
pub struct Segments {
    /// Its name.
    pub name: Box<str>,
    /// Lines, where it has them.
    pub lines: Option<SegmentLines>,
    /// What parts the places of a line, then what is within a place, outermost first; none in a tag=value text.
    pub levels: Vec<Box<str>>,
    /// The sign of the first level stands behind the last place too (`fields ended`).
    pub ended: bool,
    /// What parts the repetitions of a place.
    pub repeat: Option<Box<str>>,
    /// Tag=value: the sign between the two, and what ends a value.
    pub tagged: Option<(Box<str>, Box<str>)>,
    /// How a sign stands in a value.
    pub escape: Option<SegmentEscape>,
    /// The line that shows the signs itself, and in which order.
    pub declared: Option<(Box<str>, Vec<ShownSign>)>,
    /// Lines or tags are read in any order.
    pub free: bool,
    /// But for what stands up to this field, in the order of the text.
    pub after: Option<Box<str>>,
    /// And for this field, which comes last.
    pub before: Option<Box<str>>,
    /// Empty places at the end of a line are written.
    pub trailing_kept: bool,
    /// Lines, places and tags that nobody declared are kept (else refused).
    pub unknown_kept: bool,
}

/// The lines of a segment text.
#[derive(Clone, PartialEq, Hash, Debug, Default)]
pub struct SegmentLines {
    /// The first place of a line is its name.
    pub named: bool,
    /// What ends a line.
    pub ended: Box<str>,
    /// What is read as its end too.
    pub tolerated: Vec<Box<str>>,
}

/// How signs stand in a value: between two signs, by a closed table.
#[derive(Clone, PartialEq, Hash, Debug, Default)]
pub struct SegmentEscape {
    /// What begins it.
    pub from: Box<str>,
    /// What ends it.
    pub to: Box<str>,
    /// Code and meaning; without one, octets in hex stand behind the code.
    pub rows: Vec<(Box<str>, Option<Box<str>>)>,
}

/// A sign that a line shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ShownSign {
    /// That of a level, from 0.
    Level(u8),
    /// That of repetitions.
    Repeat,
    /// That of escapes.
    Escape,
}

/// Where a list of several lines or tags begins a row, and what belongs to one.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct RowRun {
    /// The name that begins a row.
    pub begin: Box<str>,
    /// Every name of a row, that one too.
    pub members: Vec<Box<str>>,
}
