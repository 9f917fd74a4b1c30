//! Where in which text something stands.
//!
//! In: paths and texts of adapter files, as the rim read them. Out: [`FileId`], [`Span`] and the look-up of lines and
//! columns. It must not know the language, and reads no file itself.

use std::fmt;

/// One text of a [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct FileId(pub u32);

/// A stretch of one file, in byte offsets; `start` is inside, `end` is not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The text it stands in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "@{}:{}..{}", self.file.0, self.start, self.end)
    }
}

impl Span {
    /// A span of a file, in byte offsets.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: offset(start), end: offset(end) }
    }

    /// From the start of this to the end of the other, which stands behind it in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start, end: other.end.max(self.end) }
    }

    /// The bytes as a range into the file's text.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The empty span behind this one: where something is missing.
    #[must_use]
    pub fn behind(self) -> Self {
        Self { file: self.file, start: self.end, end: self.end }
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A place as people count it: line and column from 1, the column in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Line from 1.
    pub line: u32,
    /// Column from 1, in characters.
    pub column: u32,
}

/// One text with its path and the starts of its lines.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: Box<str>,
    text: Box<str>,
    starts: Vec<u32>,
}

impl SourceFile {
    /// Takes a text; `path` is how messages name it.
    #[must_use]
    pub fn new(path: impl Into<Box<str>>, text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        let mut starts = vec![0];
        starts.extend(
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| offset(at + 1)),
        );
        Self { path: path.into(), text, starts }
    }

    /// How messages name this text.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many lines there are; an empty text has one.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        offset(self.starts.len())
    }

    /// Line (from 1) that holds a byte offset; an offset behind the end is on the last line.
    #[must_use]
    pub fn line_of(&self, at: u32) -> u32 {
        offset(self.starts.partition_point(|start| *start <= at).max(1))
    }

    /// Line and column of a byte offset.
    #[must_use]
    pub fn place(&self, at: u32) -> Place {
        let line = self.line_of(at);
        let start = self.starts.get(line as usize - 1).copied().unwrap_or(0) as usize;
        let before = self.text.get(start..(at as usize).min(self.text.len())).unwrap_or("");
        Place { line, column: offset(before.chars().count()).saturating_add(1) }
    }

    /// Byte offset of a place; beyond the line's end it is the line's end.
    #[must_use]
    pub fn offset_of(&self, place: Place) -> u32 {
        let Some(&start) = self.starts.get((place.line as usize).saturating_sub(1)) else {
            return offset(self.text.len());
        };
        let line = self.line(place.line);
        let inside = line.char_indices().nth((place.column as usize).saturating_sub(1));
        start.saturating_add(offset(inside.map_or(line.len(), |(at, _)| at)))
    }

    /// The text of a line (from 1) without its line end; empty where there is none.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let Some(&start) = self.starts.get((line as usize).saturating_sub(1)) else { return "" };
        let end = self.starts.get(line as usize).map_or(self.text.len(), |next| *next as usize - 1);
        self.text.get(start as usize..end).unwrap_or("").trim_end_matches('\r')
    }

    /// The text under a span; empty if the span is not of this text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

/// All texts of one compilation.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Takes a text in and gives it a number.
    pub fn add(&mut self, path: impl Into<Box<str>>, text: impl Into<Box<str>>) -> FileId {
        let id = FileId(offset(self.files.len()));
        self.files.push(SourceFile::new(path, text));
        id
    }

    /// The text of a number, if this map gave it.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All texts with their numbers, in the order they came.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(offset(at)), file))
    }

    /// Path, line and column of a span's start.
    #[must_use]
    pub fn place(&self, span: Span) -> Option<(&str, Place)> {
        self.file(span.file).map(|file| (file.path(), file.place(span.start)))
    }

    /// The text under a span; empty for a span of another map.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.file(span.file).map_or("", |file| file.slice(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let file = SourceFile::new("a", "ab\n电费 x\n");
        assert_eq!(file.place(0), Place { line: 1, column: 1 });
        assert_eq!(file.place(3 + 7), Place { line: 2, column: 4 });
        assert_eq!(file.offset_of(Place { line: 2, column: 4 }), 10);
        assert_eq!(file.line(2), "电费 x");
        assert_eq!(file.line_of(999), 3);
        assert_eq!(file.line(9), "");
    }
}
