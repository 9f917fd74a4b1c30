//! Sheets: lists too long for memory, on disk, row by row (decisions D12, D13).
//!
//! In: rows as octets, one after the other, written once. Out: any row by its number, as often as wanted; how many there
//! are. A sheet is durable as soon as it is finished, and never changes after. Rows are sealed as the journal's bodies
//! are. It must not know what a row means.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::Sealer;

/// Octets of an index entry: where the row ends in the file of rows.
const ENTRY: u64 = 8;
/// Most octets of one row.
const ROW_MOST: u64 = 1 << 20;
/// What the name of an unfinished file ends with.
const PART: &str = ".part";
/// Writers so far: two that write the same sheet side by side do not write into each other's files.
static WRITERS: AtomicU64 = AtomicU64::new(0);

/// The folder where sheets and spooled files stand.
#[derive(Clone)]
pub struct Spool {
    folder: PathBuf,
    sealer: Arc<dyn Sealer>,
}

impl Spool {
    /// A spool below this folder; it is made with the first thing that is put there.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, sealer: Arc<dyn Sealer>) -> Self {
        Self { folder: folder.into(), sealer }
    }

    /// The place of a name in the spool.
    #[must_use]
    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes the folder.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn make(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)
    }

    /// Begins a sheet; what an earlier try left under the name is written over.
    ///
    /// # Errors
    /// When the files cannot be made.
    pub fn write(&self, name: &str) -> io::Result<SheetWriter> {
        self.make()?;
        let number = WRITERS.fetch_add(1, Ordering::Relaxed);
        let open = |end: &str| {
            let path = self.folder.join(format!("{name}.{end}.{number}{PART}"));
            OpenOptions::new().write(true).create(true).truncate(true).open(path).map(BufWriter::new)
        };
        Ok(SheetWriter {
            spool: self.clone(),
            name: name.to_owned(),
            number,
            rows: open("rows")?,
            index: open("index")?,
            at: 0,
            count: 0,
        })
    }

    /// Opens a finished sheet.
    ///
    /// # Errors
    /// When it is not there, or its index does not fit its rows.
    pub fn read(&self, name: &str) -> io::Result<Sheet> {
        let open = |end: &str| File::open(self.folder.join(format!("{name}.{end}")));
        let (rows, index) = (open("rows")?, open("index")?);
        let (octets, entries) = (rows.metadata()?.len(), index.metadata()?.len());
        let sheet = Sheet {
            name: name.to_owned(),
            rows,
            index,
            count: entries / ENTRY,
            sealer: Arc::clone(&self.sealer),
        };
        if entries % ENTRY != 0 || sheet.end(sheet.count)? != octets {
            return Err(damaged(name));
        }
        Ok(sheet)
    }

    /// Removes what stands under a name and names that go on behind it with a point.
    ///
    /// # Errors
    /// When the folder cannot be looked at; what is gone already is no error.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        let behind = format!("{name}.");
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let found = entry.file_name();
            let found = found.to_string_lossy();
            if *found == *name || found.starts_with(&behind) {
                match std::fs::remove_file(entry.path()) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Spool").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn damaged(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("sheet {name} is damaged: its index does not fit"))
}

/// A sheet that is being written.
pub struct SheetWriter {
    spool: Spool,
    name: String,
    number: u64,
    rows: BufWriter<File>,
    index: BufWriter<File>,
    at: u64,
    count: u64,
}

impl SheetWriter {
    /// Appends a row.
    ///
    /// # Errors
    /// When the disk does not take it, or the row is longer than any may be.
    pub fn append(&mut self, row: &[u8]) -> io::Result<()> {
        let context = format!("sheet {} {}", self.name, self.count);
        let sealed = self.spool.sealer.seal(context.as_bytes(), row).map_err(io::Error::other)?;
        let length = sealed.len() as u64;
        if length > ROW_MOST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a row longer than a sheet takes"));
        }
        self.rows.write_all(&sealed)?;
        self.at += length;
        self.index.write_all(&self.at.to_be_bytes())?;
        self.count += 1;
        Ok(())
    }

    /// Rows so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Makes it durable under its name, and opens it.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn finish(self) -> io::Result<Sheet> {
        let Self { spool, name, number, rows, index, .. } = self;
        for (file, end) in [(rows, "rows"), (index, "index")] {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            let path = spool.folder.join(format!("{name}.{end}"));
            std::fs::rename(spool.folder.join(format!("{name}.{end}.{number}{PART}")), path)?;
        }
        sync_folder(&spool.folder)?;
        spool.read(&name)
    }
}

/// A name is durable only once its folder is.
///
/// # Errors
/// When the folder cannot be opened.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A finished sheet.
pub struct Sheet {
    name: String,
    rows: File,
    index: File,
    count: u64,
    sealer: Arc<dyn Sealer>,
}

impl Sheet {
    /// The name it is opened by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rows.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Where the row before this number ends.
    fn end(&self, row: u64) -> io::Result<u64> {
        let Some(before) = row.checked_sub(1) else { return Ok(0) };
        let mut entry = [0; 8];
        self.index.read_exact_at(&mut entry, before * ENTRY)?;
        Ok(u64::from_be_bytes(entry))
    }

    /// A row by its number, from 0.
    ///
    /// # Errors
    /// When there is none, or the disk does not give it.
    pub fn row(&self, row: u64) -> io::Result<Vec<u8>> {
        if row >= self.count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (from, to) = (self.end(row)?, self.end(row + 1)?);
        let length = to.checked_sub(from).filter(|length| *length <= ROW_MOST);
        let length = length.and_then(|length| usize::try_from(length).ok());
        let mut sealed = vec![0; length.ok_or_else(|| damaged(&self.name))?];
        self.rows.read_exact_at(&mut sealed, from)?;
        let context = format!("sheet {} {row}", self.name);
        self.sealer.open(context.as_bytes(), &sealed).map_err(io::Error::other)
    }
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sheet")
            .field("name", &self.name)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Clear;

    #[test]
    fn rows_come_back_by_number_and_after_a_new_start() {
        let folder = std::env::temp_dir().join(format!("tongshi-sheet-{}", std::process::id()));
        let spool = Spool::new(&folder, Arc::new(Clear));
        let mut writer = spool.write("batch-7").unwrap();
        for number in 0..1_000_u32 {
            writer.append(format!("row {number}").repeat(number as usize % 5).as_bytes()).unwrap();
        }
        let sheet = writer.finish().unwrap();
        assert_eq!(sheet.count(), 1_000);
        let again = spool.read("batch-7").unwrap();
        for number in [0_u64, 1, 4, 999] {
            let expected = format!("row {number}").repeat(usize::try_from(number).unwrap() % 5);
            assert_eq!(again.row(number).unwrap(), expected.as_bytes());
        }
        assert!(again.row(1_000).is_err());
        spool.remove("batch-7").unwrap();
        assert!(spool.read("batch-7").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn an_unfinished_sheet_is_not_there_and_a_cut_one_is_named() {
        let folder = std::env::temp_dir().join(format!("tongshi-sheet-cut-{}", std::process::id()));
        let spool = Spool::new(&folder, Arc::new(Clear));
        let mut writer = spool.write("a").unwrap();
        writer.append(b"one").unwrap();
        drop(writer);
        assert!(spool.read("a").is_err());
        let mut writer = spool.write("a").unwrap();
        writer.append(b"one").unwrap();
        writer.append(b"two").unwrap();
        drop(writer.finish().unwrap());
        OpenOptions::new().write(true).open(folder.join("a.rows")).unwrap().set_len(4).unwrap();
        assert_eq!(spool.read("a").unwrap_err().kind(), io::ErrorKind::InvalidData);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
